import type { ChaosReport } from "./chaos.js";
import { describeSetting } from "./setting.js";
import { describeTally, noTally, sum } from "./tally.js";

/** Kinds of requests, in the order of the columns. */
const KINDS = ["tracks", "likes", "comments", "albums", "plays", "exports", "visits", "bursts", "departure"];

const COLUMNS: readonly (readonly [string, number, (report: ChaosReport) => string])[] = [
  ["seed", 5, ({ seed }) => String(seed)],
  ["setting", 20, ({ setting }) => describeSetting(setting)],
  ...KINDS.map((kind) => [kind, 10, ({ told }: ChaosReport) => tallyOf(told, kind)] as const),
  ["all", 12, ({ told }) => describeTally(sum([...told.values()]))],
  ["batches", 7, ({ batches }) => String(batches)],
  ["troubles", 8, ({ plan }) => String(plan.length)],
  ["quiet after", 11, ({ quietAfter }) => `${(quietAfter / 1_000).toFixed(1)} s`],
  ["promise", 7, ({ faults }) => (faults.length === 0 ? "held" : "BROKEN")],
];

function tallyOf(told: ChaosReport["told"], kind: string): string {
  const tally = told.get(kind);
  return tally === undefined ? "-" : describeTally(tally);
}

/** One run, in a line. */
export function rowOf(report: ChaosReport): string {
  return COLUMNS.map(([, width, cell]) => cell(report).padStart(width)).join("  ");
}

/** Runs in the order of their seeds, and what they come to. Of requests: heard/accepted/never answered. */
export function tableOf(reports: readonly ChaosReport[]): string {
  const head = COLUMNS.map(([name, width]) => name.padStart(width)).join("  ");
  const rows = [...reports].sort((left, right) => left.seed - right.seed).map(rowOf);
  const told = reports.flatMap((report) => [...report.told.values()]);
  const kept = reports.filter(({ faults }) => faults.length === 0).length;
  return [
    head,
    ...rows,
    `${String(kept)} of ${String(reports.length)} held; requests heard/accepted/never answered: ${describeTally(sum([noTally(), ...told]))}`,
  ].join("\n");
}
