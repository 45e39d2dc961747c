import type { Bench, Figure } from "../measurement.ts";
import { ownRedis } from "../redis.ts";
import { Samples } from "../rounds.ts";
import { Hoard, type Plan } from "./hoard.ts";

/** How fast the front of a line of so many is worked off, beside that of a short one. */
export async function line(bench: Bench, plan: Plan): Promise<Figure[]> {
  const tasks = bench.quick ? 1_000 : 20_000;
  const rounds = bench.quick ? 2 : 5;
  const short: Plan = { ...plan, waiting: tasks * 1.25, delayed: 0 };
  await using longPlace = await ownRedis();
  await using shortPlace = await ownRedis();
  const longLine = new Hoard(longPlace.url, "bench");
  await longLine.fill(plan);
  bench.progress("the long line is there");
  const rates = new Samples();
  const takeLong = async (): Promise<void> => {
    rates.push("long", await longLine.drain(tasks));
  };
  const takeShort = async (): Promise<void> => {
    const shortLine = new Hoard(shortPlace.url, "bench");
    await shortLine.fill(short);
    rates.push("short", await shortLine.drain(tasks));
    await shortPlace.flush();
  };
  for (let round = 1; round <= rounds; round += 1) {
    const turns = round % 2 === 0 ? [takeLong, takeShort] : [takeShort, takeLong];
    for (const take of turns) await take();
    bench.progress(`line: round ${String(round)} of ${String(rounds)} done`);
  }
  return [
    { name: "drains of a long line", unit: "tasks/s", samples: rates.of("long") },
    { name: "drains of a short line", unit: "tasks/s", samples: rates.of("short") },
    {
      name: "drains of the long line beside the short one",
      unit: "×",
      samples: rates.ratios("long", "short"),
      required: { bound: "at least", value: 0.75, judgedBy: "median" },
    },
  ];
}
