import { giveCommand } from "@plyr/backend";
import { z } from "zod";
import { until } from "../waiting/until.js";
import type { Parts } from "./parts.js";
import type { Rows } from "./rows.js";

const finding = z.object({
  kind: z.string(),
  did: z.string(),
  uri: z.string().nullable(),
  why: z.string(),
});

const UNDERWAY = "on its way";

/** The operator's own audit, as they would run it. @returns what it found, a sentence each; and what is underway */
async function audit({ env }: Pick<Parts, "env">): Promise<{ found: string[]; underway: string[] }> {
  let printed = "";
  let complaints = "";
  await giveCommand(["audit", "--json"], {
    env: { ...env },
    stdout: { write: (text: string) => ((printed += text), true) },
    stderr: { write: (text: string) => ((complaints += text), true) },
  });
  const lines = printed.split("\n").filter((line) => line !== "");
  const findings = lines.map((line) => finding.parse(JSON.parse(line)));
  const told = (isUnderway: boolean): string[] =>
    findings
      .filter(({ kind }) => (kind === UNDERWAY) === isUnderway)
      .map(({ kind, uri, did, why }) => `${kind}: ${uri ?? did}: ${why}`);
  return { found: [...told(false), ...(complaints === "" ? [] : [complaints])], underway: told(true) };
}

/** What was accepted and not carried out yet, of all kinds. */
export async function owed(rows: Rows): Promise<string[]> {
  const open = await rows.select(
    z.object({ what: z.string() }),
    `select task || ' ' || payload::text || coalesce(': ' || record.state || ', ' || record.reason, '') as what
     from intents left join pds_records as record on record.id::text = payload ->> 'recordId'
     where intents.state = 'open'
     union all select 'the departure of ' || did || coalesce(': ' || note, '') from departures`,
  );
  return open.map(({ what }) => what);
}

/** What was given up, though it could have been done: what refers to a track that never came could not. */
export async function givenUp(rows: Rows): Promise<string[]> {
  const dead = await rows.select(
    z.object({ what: z.string() }),
    `select task || ' ' || payload::text || ': ' || reason as what from intents
     where state = 'dead' and reason not like 'The track did not get to%'`,
  );
  return dead.map(({ what }) => `given up: ${what}`);
}

/**
 * Waits until nothing is on its way any more.
 *
 * @param within milliseconds: what the promise allows
 * @param meanwhile is done before each look
 * @returns what the audit then finds, a sentence each
 */
export async function auditWhenQuiet(
  parts: Parts,
  rows: Rows,
  within: number,
  meanwhile: () => Promise<void>,
): Promise<string[]> {
  let left: string[] = [];
  let found: string[] = [];
  await until(
    "nothing is on its way",
    async () => {
      await meanwhile();
      left = await owed(rows);
      if (left.length > 0) return false;
      const audited = await audit(parts);
      ({ found, underway: left } = audited);
      return left.length === 0;
    },
    { within, every: 500 },
  ).catch((error: unknown) => {
    throw new Error(`${String(left.length)} things are still on their way: ${left.slice(0, 5).join("; ")}`, {
      cause: error,
    });
  });
  return found;
}
