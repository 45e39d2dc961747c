import { parseArgs } from "node:util";
import { z } from "zod";
import { describeMachine, load } from "./machine.ts";
import type { Bench, Measurement } from "./measurement.ts";
import { backlog } from "./measurements/backlog.ts";
import { history } from "./measurements/history.ts";
import { httpLatency } from "./measurements/http-latency.ts";
import { idleWorker } from "./measurements/idle-worker.ts";
import { isolatedTask } from "./measurements/isolated-task.ts";
import { latency } from "./measurements/latency.ts";
import { memory } from "./measurements/memory.ts";
import { recovery } from "./measurements/recovery.ts";
import { redisBytes } from "./measurements/redis-bytes.ts";
import { shortTasks } from "./measurements/short-tasks.ts";
import { tracing } from "./measurements/tracing.ts";
import { throughput } from "./measurements/throughput.ts";
import { asJson, asText, type Measured } from "./report.ts";

const MEASUREMENTS: readonly Measurement[] = [
  isolatedTask,
  idleWorker,
  recovery,
  shortTasks,
  throughput,
  latency,
  memory,
  redisBytes,
  history,
  backlog,
  httpLatency,
  tracing,
];

const USAGE = `npm run bench -- [--json] [--only ${MEASUREMENTS.map(({ name }) => name).join(",")}] [--quick] [--idle-minutes 3]

  --json          one JSON document on standard output
  --only          some of the measurements
  --quick         shows that it works; the figures mean little
  --idle-minutes  how long idle workers are watched; 0.1 to 1440, default 3
`;

const Flags = z.object({
  json: z.boolean(),
  quick: z.boolean(),
  help: z.boolean(),
  only: z
    .string()
    .transform((names) => names.split(","))
    .pipe(z.array(z.enum(MEASUREMENTS.map(({ name }) => name))))
    .optional(),
  "idle-minutes": z.coerce.number().min(0.1).max(1_440).optional(),
});

function readFlags(args: string[]): z.output<typeof Flags> | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        json: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        only: { type: "string" },
        "idle-minutes": { type: "string" },
      },
    });
    return Flags.parse(values);
  } catch (error) {
    if (error instanceof z.ZodError) process.stderr.write(`${z.prettifyError(error)}\n\n`);
    else if (error instanceof TypeError) process.stderr.write(`${error.message}\n\n`);
    else throw error;
    return undefined;
  }
}

async function measure(measurement: Measurement, bench: Bench): Promise<Measured> {
  bench.progress(`── ${measurement.name}`);
  const begun = performance.now();
  const figures = await measurement.run(bench);
  return {
    measurement: measurement.name,
    method: measurement.method,
    seconds: (performance.now() - begun) / 1_000,
    loadAfter: load(),
    figures,
  };
}

const flags = readFlags(process.argv.slice(2));
if (flags === undefined || flags.help) {
  process.stderr.write(USAGE);
  process.exitCode = flags === undefined ? 2 : 0;
} else {
  const { json, quick, only } = flags;
  const bench: Bench = {
    quick,
    idleMs: (flags["idle-minutes"] ?? (quick ? 0.25 : 3)) * 60_000,
    progress: (line) => void process.stderr.write(`${line}\n`),
  };
  const machine = await describeMachine();
  const measured: Measured[] = [];
  try {
    for (const measurement of MEASUREMENTS) {
      if (only?.includes(measurement.name) ?? true) measured.push(await measure(measurement, bench));
    }
  } finally {
    // What was measured before one failed took minutes and stands.
    process.stdout.write(`${json ? asJson(machine, measured, quick) : asText(machine, measured, quick)}\n`);
  }
}
