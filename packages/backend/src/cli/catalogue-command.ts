import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename, extname } from "node:path";
import { parseFile } from "music-metadata";
import { z } from "zod";
import { work, type Work } from "../catalogue/catalogue.js";
import { toBytes } from "../fingerprints/contents.js";
import { DecoderMissing, Undecodable } from "../fingerprints/decode.js";
import { FingerprintThread } from "../fingerprints/fingerprint-thread.js";
import { hear, type Heard } from "../fingerprints/hear.js";
import type { AddCommand } from "./command.js";
import type { Operator } from "./operator.js";

const addOptions = z.object({
  title: z.string().optional(),
  artist: z.string().optional(),
  ffmpeg: z.string().default("ffmpeg"),
});
const added = z.object({ id: z.int(), added: z.boolean() });
const works = z.object({ works: z.array(work) });

export const addCatalogue: AddCommand = (program, bind) => {
  const catalogue = program.command("catalogue").description("the works with which tracks are compared");

  catalogue
    .command("add")
    .argument("<files...>", "music of these works")
    .description(
      "add works. Their files stay where they are: a fingerprint of each is kept. Tracks that are here already are compared " +
        "with them after `scans again --all`",
    )
    .option("--title <title>", "of the work; else from the file's tags, or its name")
    .option("--artist <artist>", "of the works; else from the files' tags")
    .option("--ffmpeg <program>", "the program that decodes (default: ffmpeg)")
    .action(
      bind(async ({ reach, output }, typed) => {
        const { ffmpeg, ...words } = addOptions.parse(typed.options);
        const thread = new FingerprintThread();
        let failed = 0;
        try {
          await reach(async (operator) => {
            for (const path of typed.args) {
              try {
                const { id, added: isNew } = await addFile(operator, path, words, (fd) =>
                  hear(fd, { thread, program: ffmpeg, signal: new AbortController().signal }),
                );
                output.value({ path, id, added: isNew });
                output.say(`${path}: ${isNew ? "added" : "was there already"}, as ${String(id)}`);
              } catch (error) {
                if (!(error instanceof Undecodable) && !(error instanceof NotAddable)) throw error;
                failed += 1;
                output.value({ path, error: error.message });
                output.say(`${path}: not added: ${error.message}`);
              }
            }
          });
        } catch (error) {
          if (!(error instanceof DecoderMissing)) throw error;
          throw new Error(`${error.message} Install ffmpeg, or name it with --ffmpeg.`, { cause: error });
        } finally {
          await thread.close();
        }
        return failed === 0 ? 0 : 1;
      }),
    );

  catalogue
    .command("list")
    .description("the works, in the order in which they were added")
    .action(
      bind(async ({ reach, output }) => {
        const all = await reach(async (operator) => {
          const read: Work[] = [];
          for (;;) {
            const after = String(read.at(-1)?.id ?? 0);
            const { works: more } = await operator.get(`/catalogue?after=${after}`, works);
            if (more.length === 0) return read;
            read.push(...more);
          }
        });
        for (const each of all) output.value(each);
        if (all.length === 0) output.say("The catalogue is empty.");
        output.table(
          ["", "title", "artist", "seconds", "added"],
          all.map(({ id, title, artist, seconds, addedAt }) => [
            id,
            title,
            artist,
            Math.round(seconds),
            addedAt,
          ]),
        );
        return 0;
      }),
    );

  catalogue
    .command("remove")
    .argument("<id>", "the work's number in the list")
    .description("remove a work. Scans that were made stay as they are")
    .action(
      bind(async ({ reach, output }, { args }) => {
        const id = encodeURIComponent(args[0] ?? "");
        const { removed } = await reach((operator) =>
          operator.delete(`/catalogue/${id}`, z.object({ removed: z.int() })),
        );
        output.value({ removed });
        output.say(`Work ${String(removed)} is removed.`);
        return 0;
      }),
    );
};

/** Something is missing, of this file or about it. */
class NotAddable extends Error {
  override readonly name = "NotAddable";
}

async function addFile(
  operator: Operator,
  path: string,
  words: { title?: string | undefined; artist?: string | undefined },
  listen: (fd: number) => Promise<Heard>,
): Promise<z.infer<typeof added>> {
  await using file = await open(path).catch((cause: unknown) => {
    throw new NotAddable(cause instanceof Error ? cause.message : "it can't be read", { cause });
  });
  // Of what has no tags, or is no audio: which of the two, decoding says.
  const tags = await parseFile(path, { skipCovers: true }).catch(() => undefined);
  const artist = words.artist ?? tags?.common.artist;
  if (artist === undefined) throw new NotAddable("its tags name no artist: give one with --artist");
  const title = words.title ?? tags?.common.title ?? basename(path, extname(path));
  const { fingerprint, seconds, audible } = await listen(file.fd);
  const body = { title, artist, sha256: await sha256Of(path), seconds, audible };
  return await operator.post(
    "/catalogue",
    { ...body, fingerprint: toBytes(fingerprint).toString("base64") },
    added,
  );
}

async function sha256Of(path: string): Promise<string> {
  await using file = await open(path);
  const hash = createHash("sha256");
  for await (const chunk of file.readableWebStream()) hash.update(z.instanceof(Uint8Array).parse(chunk));
  return hash.digest("hex");
}
