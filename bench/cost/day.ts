import { setTimeout as pause } from "node:timers/promises";
import { Arena, type Person, type Sent, type Shape } from "./arena.ts";

/** A day at the volume of the page that describes the system. */
export const DAY = {
  uploads: 100,
  likes: 500,
  comments: 100,
  "plays that are scrobbled": 200,
  "other plays": 800,
  exports: 5,
  "sign-ins": 50,
} as const;
export type Family = keyof typeof DAY;

export interface Line {
  readonly what: Family | "while nobody does anything";
  readonly perDay: number;
  readonly measured: number;
  /** Of all that was measured. */
  readonly cost: Sent;
}

const MINUTES_A_DAY = 1_440;

/**
 * Lives a share of a day, one thing after the other, each when all that followed from the one before is done: as things spread
 * over a day are. Then nothing for some minutes.
 *
 * @param share 0 to 1; of each family at least one is done
 */
export async function liveDay(
  shape: Shape,
  { share, idleMinutes }: { share: number; idleMinutes: number },
): Promise<{ lines: Line[]; memory: number }> {
  const count = (family: Family): number => Math.max(1, Math.round(DAY[family] * share));
  await using arena = await Arena.open(shape, 2 + Math.ceil(count("likes") / count("uploads")));
  const lines: Line[] = [];
  const tracks: number[] = [];
  const measure = async (family: Family, act: (number: number) => Promise<void>): Promise<void> => {
    const times = count(family);
    let cost: Sent = { sent: 0, inner: 0 };
    for (let number = 0; number < times; number += 1) {
      const one = await arena.costOf(() => act(number));
      cost = { sent: cost.sent + one.sent, inner: cost.inner + one.inner };
    }
    lines.push({ what: family, perDay: DAY[family], measured: times, cost });
  };
  const track = (number: number): number => tracks[number % tracks.length] ?? 0;
  /** Each pair of a person and a track once, as long as there are any. */
  const pair = (number: number, from = 0): [Person, number] => {
    const person = arena.people[from + (Math.floor(number / tracks.length) % (arena.people.length - from))];
    if (person === undefined) throw new Error("there is nobody");
    return [person, track(number)];
  };
  const [artist] = arena.people;
  if (artist === undefined) throw new Error("there is nobody");

  await measure("uploads", async (number) => {
    tracks.push(await artist.upload(number));
  });
  await measure("likes", (number) => like(pair(number)));
  await measure("comments", (number) => comment(pair(number)));
  await measure("plays that are scrobbled", (number) => play(pair(number)));
  await measure("other plays", (number) => play(pair(number, 2)));
  await measure("exports", () => artist.export());
  await measure("sign-ins", (number) => pair(number)[0].signIn());
  const cost = await arena.costOf(() => pause(idleMinutes * 60_000));
  const what = "while nobody does anything";
  lines.push({ what, perDay: MINUTES_A_DAY, measured: idleMinutes, cost });
  return { lines, memory: await arena.memory() };
}

async function like([person, track]: [Person, number]): Promise<void> {
  await person.like(track);
}

async function comment([person, track]: [Person, number]): Promise<void> {
  await person.comment(track);
}

async function play([person, track]: [Person, number]): Promise<void> {
  await person.play(track);
}
