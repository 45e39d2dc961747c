import type { ChaosReport } from "./chaos.js";
import { describe } from "./plan.js";

/** Faults of one kind that are told in full; of the others their number. */
const TOLD_IN_FULL = 2;
const LINES_OF_JOURNAL = 25;

const seconds = (ms: number | undefined): string => (ms === undefined ? "-" : (ms / 1_000).toFixed(1));

const COLUMNS: readonly (readonly [string, (report: ChaosReport) => string])[] = [
  ["seed", ({ seed }) => String(seed)],
  ["asked", ({ history }) => String(history.calls.size)],
  ["unanswered", ({ history }) => String(count(history.calls.values(), ({ told }) => told === undefined))],
  ["runs", ({ history }) => String(history.runs.length)],
  ["again", ({ history }) => String(history.runs.length - history.runsOf.size)],
  ["recovered", ({ counts }) => String(counts["recovered"] ?? 0)],
  ["dead", ({ history }) => String(history.letters.size)],
  [
    "by workers",
    ({ history }) => String(count(history.letters.values(), ({ cause }) => cause === "deliveries")),
  ],
  ["troubles", ({ plan }) => String(plan.length)],
  ["processes", ({ history }) => String(history.lives.length)],
  ["first again s", ({ recoveries }) => greatest(recoveries.map(({ first }) => first))],
  ["all again s", ({ recoveries }) => greatest(recoveries.map(({ all }) => all))],
  ["quiet after s", ({ quietAfter }) => seconds(quietAfter)],
  ["promises", ({ faults }) => (faults.length === 0 ? "kept" : `BROKEN ${String(faults.length)}`)],
];

const widths = COLUMNS.map(([name]) => Math.max(8, name.length));
const inLine = (cells: readonly string[]): string =>
  cells.map((cell, at) => cell.padStart(widths[at] ?? 0)).join("  ");

export const ROW_HEAD = inLine(COLUMNS.map(([name]) => name));

/** One run, in a line. */
export function rowOf(report: ChaosReport): string {
  return inLine(COLUMNS.map(([, cell]) => cell(report)));
}

/** What broke, what the journals say of it, what went wrong around it, and how to see it again. */
export function describeReport(
  { faults, history, plan, recoveries, folder }: ChaosReport,
  again: string,
): string {
  const alike = Map.groupBy(faults, ({ what }) => what.replaceAll(/\d+/g, "…"));
  const told = [...alike.values()].flatMap((group) => [
    ...group
      .slice(0, TOLD_IN_FULL)
      .flatMap(({ what, about }) => [
        `  ${what}`,
        ...about.flatMap((of) =>
          of === "" ? [] : history.tell(of).slice(0, LINES_OF_JOURNAL).map(indented),
        ),
      ]),
    ...(group.length > TOLD_IN_FULL ? [`  and ${String(group.length - TOLD_IN_FULL)} more like it`] : []),
  ]);
  const around = plan.map((disturbance, at) => {
    const { first, all } = recoveries[at] ?? {};
    return indented(
      `${describe(disturbance)}; first again after ${seconds(first)} s, all after ${seconds(all)} s`,
    );
  });
  return [...told, "  what went wrong around it:", ...around, `  journals: ${folder}; again: ${again}`].join(
    "\n",
  );
}

function indented(text: string): string {
  return `      ${text}`;
}

function count<T>(all: Iterable<T>, counts: (one: T) => boolean): number {
  let found = 0;
  for (const one of all) if (counts(one)) found += 1;
  return found;
}

function greatest(all: readonly (number | undefined)[]): string {
  return seconds(all.reduce<number>((most, one) => Math.max(most, one ?? 0), 0));
}
