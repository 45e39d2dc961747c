import { giveCommand } from "@plyr/backend";
import { z } from "zod";
import { until } from "../waiting/until.js";
import type { Parts } from "./parts.js";

const finding = z.object({
  kind: z.string(),
  did: z.string(),
  uri: z.string().nullable(),
  why: z.string(),
});

const UNDERWAY = "on its way";

/** The operator's own audit, as they would run it. @returns what it found, a sentence each; and what is underway */
async function audit({ env }: Pick<Parts, "env">): Promise<{ found: string[]; underway: number }> {
  let printed = "";
  let complaints = "";
  await giveCommand(["audit", "--json"], {
    env: { ...env },
    stdout: { write: (text: string) => ((printed += text), true) },
    stderr: { write: (text: string) => ((complaints += text), true) },
  });
  const lines = printed.split("\n").filter((line) => line !== "");
  const findings = lines.map((line) => finding.parse(JSON.parse(line)));
  return {
    found: [
      ...findings
        .filter(({ kind }) => kind !== UNDERWAY)
        .map(({ kind, uri, did, why }) => `${kind}: ${uri ?? did}: ${why}`),
      ...(complaints === "" ? [] : [complaints]),
    ],
    underway: findings.filter(({ kind }) => kind === UNDERWAY).length,
  };
}

/**
 * Waits until nothing is on its way any more.
 *
 * @param within milliseconds: what the promise allows
 * @returns what the audit then finds, a sentence each
 */
export async function auditWhenQuiet(parts: Pick<Parts, "env">, within: number): Promise<string[]> {
  let last = await audit(parts);
  await until(
    "nothing is on its way",
    async () => {
      last = await audit(parts);
      return last.underway === 0;
    },
    { within, every: 1_000 },
  ).catch((error: unknown) => {
    throw new Error(`${String(last.underway)} writes are still on their way`, { cause: error });
  });
  return last.found;
}
