import { setTimeout as pause } from "node:timers/promises";
import { Actor, type Tally } from "./actor.js";
import { auditWhenQuiet } from "./audit.js";
import { Chance } from "./chance.js";
import { Comments } from "./comments.js";
import { disturb, heal } from "./disturb.js";
import type { Family } from "./family.js";
import { Likes } from "./likes.js";
import { startParts, type Parts } from "./parts.js";
import { readRepositories } from "./repositories.js";
import { planTroubles, type Disturbance } from "./schedule.js";
import { Tracks } from "./tracks.js";

export interface ChaosOptions {
  seed: number;
  /** For how long people act and things go wrong; milliseconds. */
  length: number;
  /** Gets what the service logs. */
  logFile: string;
}

export interface ChaosReport {
  seed: number;
  plan: readonly Disturbance[];
  /** What people asked for, and were told. */
  told: Tally;
  /** From the moment at which everything was well again until nothing was on its way; milliseconds. */
  quietAfter: number;
  /** What is not as promised, a sentence each; empty: the promise held. */
  faults: string[];
}

const PEOPLE = ["anna", "bela", "cleo"];
/** Where the service is slow to come back, people go on until they have been told this often that it is accepted. */
const ENOUGH = 20;
/** What the promise allows after every outage has ended; milliseconds. */
const PROMISED = 120_000;

/** Several people use the service while things go wrong, as the seed decides; then the promise is held against what is. */
export async function runChaos({ seed, length, logFile }: ChaosOptions): Promise<ChaosReport> {
  await using parts = await startParts(logFile);
  const actors = await enter(parts);
  const tracks = new Tracks();
  const families = { tracks, likes: new Likes(tracks), comments: new Comments(tracks) };
  for (const actor of actors) await tracks.upload(actor);

  const plan = planTroubles(seed, length);
  await Promise.all([
    disturb(parts, plan),
    ...actors.map((actor, number) =>
      live(actor, families, new Chance(seed, `person ${String(number)}`), length),
    ),
  ]);
  await heal(parts);
  const healed = performance.now();
  for (const actor of actors) await actor.signIn();

  const faults: string[] = [];
  try {
    faults.push(...(await auditWhenQuiet(parts, PROMISED)));
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  }
  const quietAfter = performance.now() - healed;
  const repositories = await readRepositories(parts, actors);
  faults.push(...Object.values<Family>(families).flatMap((family) => family.faults(repositories)));
  faults.push(...faints(parts));
  return { seed, plan, told: sum(actors.map(({ tally }) => tally)), quietAfter, faults };
}

async function enter({ pds, api }: Parts): Promise<Actor[]> {
  const actors: Actor[] = [];
  for (const name of PEOPLE) {
    const account = await pds.createAccount({ handle: `${name}.test`, password: `${name}-password` });
    const actor = new Actor(account, api.url);
    await actor.signIn();
    actors.push(actor);
  }
  return actors;
}

/** One person, who does one thing after the other. */
async function live(
  actor: Actor,
  families: Readonly<Record<"tracks" | "likes" | "comments", Family>>,
  chance: Chance,
  length: number,
): Promise<void> {
  const ends = performance.now() + length;
  const latest = ends + 2 * length;
  for (let now = 0; now < ends || (actor.tally.accepted < ENOUGH && now < latest); now = performance.now()) {
    const family = chance.weighted({ likes: 8, comments: 7, tracks: 3 });
    const unheard = actor.tally.unheard;
    await families[family].act(actor, chance);
    // As long as nobody listens, people try less often.
    await pause(actor.tally.unheard === unheard ? chance.between(5, 150) : 500);
  }
}

function faints({ api, worker }: Parts): string[] {
  return Object.entries({ api, worker }).flatMap(([name, { faints }]) =>
    faints === 0 ? [] : [`the ${name} ended by itself ${String(faints)} times`],
  );
}

function sum(tallies: readonly Tally[]): Tally {
  const of = (kind: keyof Tally): number => tallies.reduce((whole, tally) => whole + tally[kind], 0);
  return {
    accepted: of("accepted"),
    refused: of("refused"),
    unheard: of("unheard"),
    unknown: of("unknown"),
  };
}
