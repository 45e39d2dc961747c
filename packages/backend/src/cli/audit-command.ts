import { z } from "zod";
import { finding, kinds, type Finding } from "../audit/finding.js";
import type { AddCommand } from "./command.js";
import type { Output } from "./output.js";

const options = z.object({ did: z.string().optional(), repair: z.boolean().default(false) });

/** These may be many, and call for nothing: people get their number. */
const COUNTED_ONLY: ReadonlySet<Finding["kind"]> = new Set(["on its way", "foreign"]);

export const addAudit: AddCommand = (program, bind) => {
  program
    .command("audit")
    .description(
      "hold people's repositories against the database: each record of ours there as it should be, once, and no other. " +
        "Ends with 1 when something is to be repaired, or somebody's repository can't be read",
    )
    .option("--did <did>", "of this person only")
    .option("--repair", "put right what is not as it should be; what we did not make is never touched")
    .action(
      bind(async ({ reach, output }, typed) => {
        const { did, repair } = options.parse(typed.options);
        const counts = new Map<string, number>();
        const toSeeTo = await reach(async (operator) => {
          let any = false;
          for await (const found of operator.lines("/audit", { did, repair }, finding)) {
            output.value(found);
            if (!COUNTED_ONLY.has(found.kind)) tell(output, found);
            counts.set(found.kind, (counts.get(found.kind) ?? 0) + 1);
            any ||= found.repair === "needed" || found.kind === "not audited";
          }
          return any;
        });
        summarise(output, counts, repair);
        return toSeeTo ? 1 : 0;
      }),
    );
};

function tell(output: Output, { did, kind, uri, why, repair }: Finding): void {
  const done = repair === "accepted" ? ". Being repaired" : "";
  output.say(`${kind}: ${uri ?? did}: ${why}${done}`);
}

function summarise(output: Output, counts: ReadonlyMap<string, number>, repair: boolean): void {
  const rows = kinds.flatMap((kind) => {
    const count = counts.get(kind) ?? 0;
    return count === 0 ? [] : [[kind, count]];
  });
  if (rows.length === 0) output.say("Everything is as it should be.");
  output.table(["found", "how many"], rows);
  if (!repair && kinds.some((kind) => REPAIRABLE.has(kind) && counts.has(kind))) {
    output.say("To put it right: plyr audit --repair");
  }
}

const REPAIRABLE: ReadonlySet<Finding["kind"]> = new Set([
  "missing",
  "different",
  "orphan",
  "duplicate",
  "stuck",
]);
