import { xrpc } from "../gate/passage.js";
import type { Actor } from "./actor.js";
import { auditWhenQuiet, givenUp } from "./audit.js";
import { Chance } from "./chance.js";
import { Departure } from "./departure.js";
import { disturb, heal } from "./disturb.js";
import type { Family } from "./family.js";
import { familiesOf, HABITS, live } from "./living.js";
import { startParts, type Parts } from "./parts.js";
import { enter } from "./people.js";
import { readRepositories } from "./repositories.js";
import { openRows } from "./rows.js";
import { scanFaults } from "./scans.js";
import { planTroubles, type Disturbance } from "./schedule.js";
import { settingOf, type Setting } from "./setting.js";
import { storageFaults, strayFiles } from "./stored-files.js";
import { sum, type Tally } from "./tally.js";

export interface ChaosOptions {
  seed: number;
  /** For how long people act and things go wrong; milliseconds. */
  length: number;
  /** Gets what the service logs. */
  logFile: string;
}

export interface ChaosReport {
  seed: number;
  setting: Setting;
  plan: readonly Disturbance[];
  /** What people asked for, and were told, by kind. */
  told: ReadonlyMap<string, Tally>;
  /** How many calls came to the PDS that write several records at once. */
  batches: number;
  /** From the moment at which everything was well again until nothing was on its way; milliseconds. */
  quietAfter: number;
  /** What is not as promised, a sentence each; empty: the promise held. */
  faults: string[];
  /** Why people could not sign in, while things went wrong. */
  shut: readonly string[];
}

/** Tracks of each person before anything goes wrong: so many that likes of all of them are a batch. */
const TRACKS = 6;
/** After this part of the time, who leaves does so. */
const LEAVES_AT = 0.6;
/** What the promise allows after every outage has ended; milliseconds. */
const PROMISED = 120_000;

/** Several people use the service while things go wrong, as the seed decides; then the promise is held against what is. */
export async function runChaos({ seed, length, logFile }: ChaosOptions): Promise<ChaosReport> {
  const setting = settingOf(seed);
  await using parts = await startParts(setting, logFile);
  await using rows = await openRows(parts.databaseUrl);
  const { all, fans, leaver } = await enter(parts, setting.leaves);
  const { tracks, plays, ...others } = familiesOf();
  const families = { tracks, plays, ...others };
  for (const fan of fans) await plays.enrol(fan);
  await Promise.all(
    all.map(async (actor) => {
      for (let number = 0; number < TRACKS; number += 1) await tracks.upload(actor);
    }),
  );
  const departure = leaver && new Departure(leaver, tracks);

  const plan = planTroubles(seed, length);
  const faults: string[] = [];
  await Promise.all([
    disturb(parts, plan, async () => {
      faults.push(...(await strayFiles(parts, rows)));
    }),
    ...all.map(async (actor, number) => {
      const chance = new Chance(seed, `person ${String(number)}`);
      if (actor !== leaver) return live(actor, families, chance, length, HABITS);
      // Signed out, one can't tell whether the departure has begun.
      await live(actor, families, chance, length * LEAVES_AT, { ...HABITS, visits: 0 });
      await departure?.begin();
    }),
  ]);
  await heal(parts);
  const healed = performance.now();
  const stayed = all.filter((actor) => actor !== leaver);
  for (const actor of stayed) {
    actor.does("end");
    await actor.signIn();
  }

  try {
    const meanwhile = async (): Promise<void> => departure?.seeTo(parts, rows);
    faults.push(...(await auditWhenQuiet(parts, rows, PROMISED, meanwhile)));
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  }
  const quietAfter = performance.now() - healed;
  const repositories = await readRepositories(parts, all);
  faults.push(...((await departure?.faults(repositories, rows)) ?? []));
  const theirs = new Map([...repositories].filter(([did]) => did !== leaver?.did));
  for (const family of Object.values<Family>(families))
    faults.push(...(await family.faults({ repositories: theirs, actors: stayed })));
  faults.push(
    ...(await scanFaults(rows)),
    ...(await givenUp(rows)),
    ...(await storageFaults(parts, rows)),
    ...faints(parts),
  );
  const batches = parts.gate.passages.filter(({ request }) => isBatch(request)).length;
  return {
    seed,
    setting,
    plan,
    told: byKind(all),
    batches,
    quietAfter,
    faults,
    shut: all.flatMap(({ shut }) => shut),
  };
}

const isBatch = xrpc("com.atproto.repo.applyWrites");

function faints({ api, worker }: Parts): string[] {
  return Object.entries({ api, worker }).flatMap(([name, { faints }]) =>
    faints === 0 ? [] : [`the ${name} ended by itself ${String(faints)} times`],
  );
}

function byKind(actors: readonly Actor[]): Map<string, Tally> {
  const kinds = new Set(actors.flatMap(({ tallies }) => [...tallies.keys()]));
  const of = (kind: string): Tally => sum(actors.flatMap(({ tallies }) => tallies.get(kind) ?? []));
  return new Map([...kinds].map((kind) => [kind, of(kind)]));
}
