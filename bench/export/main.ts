import { parseArgs } from "node:util";
import { z } from "zod";
import { describeMachine, load } from "../machine.ts";
import type { Figure } from "../measurement.ts";
import { asJson, asText, type Measured } from "../report.ts";
import { measureStorage, type Round } from "./rounds.ts";

const USAGE = `npm run bench:export -- [--json] [--sizes 100MB,1GB,10GB] [--storage folder,bucket] [--rounds 3]

  --json     one JSON document on standard output
  --sizes    of the audio that is exported, the smallest first
  --storage  where the files are: a folder, a bucket of a server that speaks the S3 API, or both
  --rounds   how often the largest size is exported and copied for the throughput

The largest archive lies on the disk once (in a bucket twice); the audio takes hardly any room.
`;

const UNITS = { MB: 1_000_000, GB: 1_000_000_000 } as const;
const size = z
  .string()
  .regex(/^\d{1,4}(MB|GB)$/)
  .transform((text) => Number(text.slice(0, -2)) * (text.endsWith("GB") ? UNITS.GB : UNITS.MB));
const listOf = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(item).min(1));

const Flags = z.object({
  json: z.boolean(),
  help: z.boolean(),
  sizes: listOf(size),
  storage: listOf(z.enum(["folder", "bucket"])),
  rounds: z.coerce.number().int().min(1).max(20),
});

function readFlags(args: string[]): z.output<typeof Flags> | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        sizes: { type: "string", default: "100MB,1GB,10GB" },
        storage: { type: "string", default: "folder,bucket" },
        rounds: { type: "string", default: "3" },
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

const METHOD =
  "The service itself, in a process of its own with PostgreSQL, is asked over HTTP to export tracks of this size together. " +
  "Memory: the most that a fresh process ever had (VmHWM), one process for each size. Throughput: audio by the time from " +
  "the request to the finished export, beside a bare copy of the same audio through the same storage client into one " +
  "file; in turns. Each archive of the largest size is held against unzip -t.";

const MB = 1_000_000;

function figures(sizes: readonly number[], rounds: readonly Round[]): Figure[] {
  const smallest = Math.min(...sizes);
  const peak = (bytes: number) => rounds.filter((round) => round.bytes === bytes).map((round) => round.peak);
  const base = Math.min(...peak(smallest));
  const largest = rounds.filter(({ bytes }) => bytes === Math.max(...sizes));
  const speed = (seconds: number, bytes: number) => bytes / MB / seconds;
  return [
    ...sizes.map((bytes): Figure => {
      const grown = { bound: "at most", value: base / MB + 50, judgedBy: "worst" } as const;
      return {
        name: `memory, ${String(bytes / MB)} MB`,
        unit: "MB",
        samples: peak(bytes).map((value) => value / MB),
        ...(bytes === smallest ? {} : { required: grown }),
      };
    }),
    {
      name: "export",
      unit: "MB/s",
      samples: largest.map(({ seconds, bytes }) => speed(seconds, bytes)),
    },
    {
      name: "bare copy",
      unit: "MB/s",
      samples: largest.map(({ copySeconds, bytes }) => speed(copySeconds, bytes)),
    },
    {
      name: "export by bare copy",
      unit: "",
      samples: largest.map(({ seconds, copySeconds }) => copySeconds / seconds),
      required: { bound: "at least", value: 0.8, judgedBy: "median" },
    },
  ];
}

const flags = readFlags(process.argv.slice(2));
if (flags === undefined || flags.help) {
  process.stderr.write(USAGE);
  process.exitCode = flags === undefined ? 2 : 0;
} else {
  const { json, sizes, storage: kinds, rounds } = flags;
  const machine = await describeMachine();
  const measured: Measured[] = [];
  try {
    for (const kind of kinds) {
      const begun = performance.now();
      const made = await measureStorage(
        kind,
        sizes,
        rounds,
        (line) => void process.stderr.write(`${line}\n`),
      );
      measured.push({
        measurement: `export, files in a ${kind}`,
        method: METHOD,
        seconds: (performance.now() - begun) / 1_000,
        loadAfter: load(),
        figures: figures(sizes, made),
      });
    }
  } finally {
    process.stdout.write(`${json ? asJson(machine, measured, false) : asText(machine, measured, false)}\n`);
  }
}
