import { z } from "zod";
import { listedScan, type ListedScan } from "../scans/decisions.js";
import type { AddCommand } from "./command.js";
import type { Output } from "./output.js";

const listOptions = z.object({ state: z.string().optional(), all: z.boolean().default(false) });
const decideOptions = z.object({ because: z.string() });
const againOptions = z.object({ all: z.boolean().default(false), failed: z.boolean().default(false) });
const scans = z.object({ scans: z.array(listedScan) });
const counted = z.object({ scans: z.int() });

export const addScans: AddCommand = (program, bind) => {
  const group = program.command("scans").description("what copyright scans have found, and what is decided");

  group
    .command("list")
    .description("scans to decide on, the newest first. Ends with 1 when there are any")
    .option("--all", "also those that call for nothing")
    .option("--state <state>", "those that are pending, clear, flagged, review or failed")
    .action(
      bind(async ({ reach, output }, typed) => {
        const { state, all } = listOptions.parse(typed.options);
        const query = new URLSearchParams({
          ...(state !== undefined && { state }),
          undecided: String(!all && state === undefined),
        });
        const found = await reach((operator) => operator.get(`/scans?${query.toString()}`, scans));
        for (const scan of found.scans) output.value(scan);
        print(output, found.scans);
        const toDecide = found.scans.some(({ scan }) => scan.decision === null && TO_DECIDE.has(scan.state));
        return toDecide ? 1 : 0;
      }),
    );

  group
    .command("decide")
    .argument("<scan>", "its number in the list")
    .argument("<decision>", "keep, or take-down: the track is taken away, and its artist told why")
    .requiredOption("--because <reason>", "shown to the artist")
    .description("decide what becomes of a track")
    .action(
      bind(async ({ reach, output }, { args, options }) => {
        const [scan, decision] = args;
        const { because } = decideOptions.parse(options);
        const body = { scan: Number(scan), decision: decision?.replace("-", " "), because };
        const answer = z.object({ scan: z.int(), decision: z.string() });
        const decided = await reach((operator) => operator.post("/scans/decide", body, answer));
        output.value(decided);
        output.say(`Scan ${String(decided.scan)}: ${decided.decision}.`);
        return 0;
      }),
    );

  group
    .command("again")
    .argument("[scan]", "its number in the list")
    .option("--all", "every track")
    .option("--failed", "every track whose scan has failed")
    .description(
      "scan again, with what has come into the catalogue since. Naming a scan also lets AuDD be asked again whose answer " +
        "never came, which may be billed again",
    )
    .action(
      bind(async ({ reach, output }, { args, options }) => {
        const { all, failed } = againOptions.parse(options);
        const [scan] = args;
        const body = {
          ...(scan !== undefined && { scan: Number(scan) }),
          ...((all || failed) && { which: all ? "all" : "failed" }),
        };
        const answer = await reach((operator) => operator.post("/scans/again", body, counted));
        output.value(answer);
        output.say(`${String(answer.scans)} to be scanned again.`);
        return 0;
      }),
    );
};

const TO_DECIDE: ReadonlySet<string> = new Set(["flagged", "review"]);

function print(output: Output, found: readonly ListedScan[]): void {
  if (found.length === 0) output.say("There is nothing to decide.");
  output.table(
    ["", "track", "artist", "state", "why", "decision", "told"],
    found.map(({ id, title, artist, scan, told }) => [
      ...[id, title, artist.handle, scan.state, scan.reason],
      ...[scan.decision?.what ?? null, told?.who ?? null],
    ]),
  );
}
