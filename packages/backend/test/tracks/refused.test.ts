import { request } from "node:http";
import { until } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makeAudio, type Format } from "./audio.js";
import { MAX_UPLOAD, setStage, type Stage } from "./stage.js";

let stage: Stage;
let tone: Buffer<ArrayBuffer>;
beforeAll(async () => {
  stage = await setStage();
  tone = await makeAudio("mp3", 2);
});
afterEach(async () => {
  // Whatever was refused, nothing is left of it.
  expect(await stage.stored()).toEqual([]);
  expect(await stage.db.selectFrom("tracks").select("id").execute()).toEqual([]);
  // What the artist's own sign-in brings about may be under way.
  const intents = await stage.db.selectFrom("intents").select("task").execute();
  expect(intents.filter(({ task }) => /^(track|copyright)\./.test(task))).toEqual([]);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const problem = z.object({
  error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }),
});

async function refusal(form: FormData): Promise<[number, string, string | undefined]> {
  const answer = await stage.send(stage.artist, form);
  const { error } = problem.parse(await answer.json());
  return [answer.status, error.message, error.field];
}

function withFile(content: Uint8Array<ArrayBuffer>, name = "tone.mp3", fields: Record<string, string> = {}) {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set("file", new Blob([content]), name);
  return form;
}

const cookie = () => `plyr_session=${stage.artist.browser.cookie("plyr_session") ?? ""}`;

describe("what is no audio", () => {
  test.each([
    ["a text", Buffer.from("These are words, not sounds. ".repeat(400)), "The file is no audio that we know"],
    ["a picture", Buffer.from(`474946383961${"00".repeat(4000)}`, "hex"), "The file is gif"],
    ["a program", Buffer.from(`7f454c460201010000${"00".repeat(4000)}`, "hex"), "The file is elf"],
    ["an empty file", Buffer.alloc(0), "The file is empty"],
  ])("%s named .mp3 is refused by its content", async (_what, content, words) => {
    const [status, message, field] = await refusal(withFile(content));
    expect([status, field]).toEqual([422, "file"]);
    expect(message).toContain(words);
  });

  test.each<Format>(["mp3", "wav", "flac", "m4a", "ogg", "opus"])(
    "%s that ends in its beginning, or goes over into noise, is refused as damaged",
    async (format) => {
      const whole = await makeAudio(format, 8);
      const noise = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 251));
      for (const broken of [whole.subarray(0, 200), Buffer.concat([whole.subarray(0, 16), noise])]) {
        const [status, message, field] = await refusal(withFile(Buffer.from(broken), `x.${format}`));
        expect([status, field], message).toEqual([422, "file"]);
      }
    },
  );

  test("a wav that is shorter than it says is refused as damaged", async () => {
    const whole = await makeAudio("wav", 8);
    const [status, message] = await refusal(withFile(whole.subarray(0, whole.length / 2)));
    expect([status, message]).toEqual([422, "The file is damaged: it ends before its audio does"]);
  });
});

describe("what is too large", () => {
  test("is refused by its announced size, before it is sent", async () => {
    const answer = await new Promise<number>((resolve, reject) => {
      const asking = request(`${stage.service.url}/tracks/`, {
        method: "POST",
        agent: false,
        headers: {
          cookie: cookie(),
          "content-type": "multipart/form-data; boundary=b",
          "content-length": String(MAX_UPLOAD * 2),
        },
      });
      asking.once("response", (response) => {
        resolve(response.statusCode ?? 0);
        asking.destroy();
      });
      asking.once("error", reject);
      asking.write("--b\r\n");
    });
    expect(answer).toBe(413);
  });

  test("is refused in the middle when its size was not announced", async () => {
    const audio = await makeAudio("wav", 60);
    expect(audio.length).toBeGreaterThan(MAX_UPLOAD);
    const [head, tail] = [
      Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'),
      Buffer.from("\r\n--b--\r\n"),
    ];
    const answer = await new Promise<unknown[]>((resolve, reject) => {
      const asking = request(`${stage.service.url}/tracks/`, {
        method: "POST",
        agent: false,
        headers: { cookie: cookie(), "content-type": "multipart/form-data; boundary=b" },
      });
      asking.once("response", (response) => {
        resolve([response.statusCode, response.headers.connection]);
        response.resume();
      });
      asking.once("error", reject);
      asking.write(head);
      asking.write(audio);
      asking.end(tail);
    });
    // The rest isn't read, so nobody is to send anything else on this line.
    expect(answer).toEqual([413, "close"]);
  });

  test("is refused by the setting's number", async () => {
    const audio = await makeAudio("wav", 36);
    expect(audio.length).toBeGreaterThan(MAX_UPLOAD);
    expect(audio.length).toBeLessThan(MAX_UPLOAD + 60_000);
    expect(await refusal(withFile(audio))).toEqual([
      413,
      `The file is larger than the ${String(MAX_UPLOAD)} bytes that are taken in here`,
      "file",
    ]);
  });
});

describe("forms that are not as they should be", () => {
  test.each([
    ["an empty title", { title: " \t" }, "title"],
    ["a title that is too long", { title: "x".repeat(257) }, "title"],
    ["a title that is too long in bytes", { title: "ü".repeat(129) }, "title"],
    ["a title with a NUL", { title: "a\0b" }, "title"],
    ["a title with a line break", { title: "a\nb" }, "title"],
    ["a description that is too long", { description: "x".repeat(5_001) }, "description"],
    ["a description with an escape", { description: "\u001b[2J" }, "description"],
    ["a field that is not known", { artist: "Somebody Else" }, "artist"],
    ["a field far beyond any size", { description: "x".repeat(100_000) }, "description"],
  ])("%s names the field", async (_what, fields, field) => {
    const [status, , named] = await refusal(withFile(tone, "tone.mp3", fields));
    expect([status, named]).toEqual([422, field]);
  });

  test("without a file, with two, or with one under another name", async () => {
    const none = new FormData();
    none.set("title", "Nothing");
    expect((await refusal(none)).filter((_, at) => at !== 1)).toEqual([422, "file"]);
    const two = withFile(tone);
    two.append("file", new Blob([tone]), "again.mp3");
    expect((await refusal(two)).filter((_, at) => at !== 1)).toEqual([422, "file"]);
    const other = new FormData();
    other.set("audio", new Blob([tone]), "tone.mp3");
    expect((await refusal(other)).filter((_, at) => at !== 1)).toEqual([422, "audio"]);
  });

  test.each([
    ["application/json", "{}"],
    ["multipart/form-data", "--b--\r\n"],
    ["text/plain", "x"],
    ["multipart/form-data; boundary=b", ""],
    [
      "multipart/form-data; boundary=b",
      '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhalf',
    ],
    ["multipart/form-data; boundary=b", "--c\r\n\r\nx\r\n--c--"],
  ])("%s with %j is a 4xx that says so", async (type, rawBody) => {
    const answer = await stage.artist.browser.post("/tracks/", {
      rawBody,
      headers: { "content-type": type },
    });
    const { error } = problem.parse(answer.json());
    expect(answer.status, error.message).toBeGreaterThanOrEqual(400);
    expect(answer.status, error.message).toBeLessThan(500);
    expect(error.field).toMatch(/^(body|file)$/);
  });
});

test("a line that is cut in the middle leaves nothing behind, and the owner is told", async () => {
  const asking = request(`${stage.service.url}/tracks/`, {
    method: "POST",
    agent: false,
    headers: { cookie: cookie(), "content-type": "multipart/form-data; boundary=b" },
  });
  asking.on("error", () => undefined);
  asking.write('--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n');
  asking.write(Buffer.alloc(1024 * 1024));
  await until("some of it is in the storage", async () => (await stage.stored()).length > 0);
  asking.destroy();
  await until("it is gone from there", async () => (await stage.stored()).length === 0);
  const { uploads } = z
    .object({ uploads: z.array(z.object({ phase: z.string(), reason: z.string().nullable() })) })
    .parse((await stage.artist.browser.get("/tracks/uploads")).json());
  expect(uploads[0]).toEqual({
    phase: "failed",
    reason: "The upload broke off before its end: send it again",
  });
});

describe("who may not", () => {
  test("nobody uploads without having signed in", async () => {
    const answer = await fetch(`${stage.service.url}/tracks/`, { method: "POST", body: withFile(tone) });
    expect(answer.status).toBe(401);
  });

  test("another site can't make a browser upload", async () => {
    const answer = await fetch(`${stage.service.url}/tracks/`, {
      method: "POST",
      headers: { cookie: cookie(), origin: "https://elsewhere.example" },
      body: withFile(tone),
    });
    expect(answer.status).toBe(403);
  });

  test("whose permission is from before tracks is told to sign in again; likes go on", async () => {
    const did = stage.artist.account.did;
    const before = await stage.db
      .selectFrom("oauth_grants")
      .select("scope")
      .where("did", "=", did)
      .executeTakeFirstOrThrow();
    const set = (scope: string) =>
      stage.db.updateTable("oauth_grants").set({ scope }).where("did", "=", did).execute();
    await set("atproto repo:fm.plyr.test.like");
    const [status, message] = await refusal(withFile(tone));
    expect([status, message]).toEqual([403, expect.stringContaining("Sign in again")]);
    expect((await stage.artist.browser.get("/me")).json()).toMatchObject({ needsSignIn: null });
    await set(before.scope);
  });
});
