import { parseArgs } from "node:util";
import { z } from "zod";
import { describeMachine, load } from "../machine.ts";
import { openArena } from "./arena.ts";

const USAGE = `npm run bench:batches -- [--likes 10000] [--singles 10000] [--rounds 2] [--json]

  Has the service carry likes of one person to a real PDS without limits, in two ways, in turn and each time for an account of
  its own: in batches, and each in a call of its own (ten at a time, as the worker does). Measured from the moment when they are
  accepted until the database has all of them confirmed; that includes up to 5 s until the sweep finds them.

  --likes    how many go in batches in each round; 100 to 100000
  --singles  how many go in calls of their own in each round; 100 to 100000
  --rounds   1 to 20
`;

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const Flags = z.object({
  likes: whole(100, 100_000),
  singles: whole(100, 100_000),
  rounds: whole(1, 20),
  json: z.boolean(),
});

interface Round {
  /** Milliseconds per record. */
  readonly together: number;
  readonly oneByOne: number;
}

async function measure({ likes, singles, rounds }: z.output<typeof Flags>): Promise<Round[]> {
  await using arena = await openArena();
  const done: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const oneByOne = await arena.oneByOne(`single${String(round)}.test`, singles);
    process.stderr.write(
      `round ${String(round + 1)}: ${String(singles)} one by one in ${seconds(oneByOne)}\n`,
    );
    const together = await arena.together(`crowd${String(round)}.test`, likes);
    process.stderr.write(`round ${String(round + 1)}: ${String(likes)} together in ${seconds(together)}\n`);
    done.push({ together: together / likes, oneByOne: oneByOne / singles });
  }
  return done;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

const parsed = Flags.safeParse(
  parseArgs({
    options: {
      likes: { type: "string", default: "10000" },
      singles: { type: "string", default: "10000" },
      rounds: { type: "string", default: "2" },
      json: { type: "boolean", default: false },
    },
  }).values,
);
if (!parsed.success) {
  process.stderr.write(`${z.prettifyError(parsed.error)}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  const machine = await describeMachine();
  const rounds = await measure(parsed.data);
  const times = rounds.map(({ together, oneByOne }) => oneByOne / together);
  if (parsed.data.json) {
    process.stdout.write(
      `${JSON.stringify({ ...parsed.data, machine, loadAfter: load(), rounds, times })}\n`,
    );
  } else {
    process.stdout.write(
      `${machine.cpu}, ${String(machine.cores)} cores, ${machine.system}, Node ${process.versions.node}, ` +
        `load ${String(machine.loadBefore)} before and ${String(load())} after\n`,
    );
    for (const [index, { together, oneByOne }] of rounds.entries()) {
      process.stdout.write(
        `round ${String(index + 1)}: ${together.toFixed(2)} ms a like together, ${oneByOne.toFixed(2)} ms one by one: ` +
          `${(times[index] ?? 0).toFixed(1)} times as fast\n`,
      );
    }
  }
}
