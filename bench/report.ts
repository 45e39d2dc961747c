import type { Machine } from "./machine.ts";
import type { Figure, Requirement } from "./measurement.ts";
import { spread } from "./statistics.ts";

export interface Measured {
  readonly measurement: string;
  readonly method: string;
  readonly seconds: number;
  readonly loadAfter: number;
  readonly figures: readonly Figure[];
}

export interface Verdict extends Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Undefined where nothing is required. */
  readonly ok: boolean | undefined;
}

export function verdict(figure: Figure): Verdict {
  const { median, min, max } = spread(figure.samples);
  return { ...figure, median, min, max, ok: figure.required && meets(figure.required, { median, min, max }) };
}

function meets(
  required: Requirement,
  { median, min, max }: { median: number; min: number; max: number },
): boolean {
  const atMost = required.bound === "at most";
  const judged = required.judgedBy === "median" ? median : atMost ? max : min;
  return atMost ? judged <= required.value : judged >= required.value;
}

/** The report for programs. */
export function asJson(machine: Machine, measured: readonly Measured[], quick: boolean): string {
  const measurements = measured.map((one) => ({ ...one, figures: one.figures.map(verdict) }));
  return JSON.stringify({ machine, quick, measurements }, undefined, 2);
}

/** The report for people. */
export function asText(machine: Machine, measured: readonly Measured[], quick: boolean): string {
  return [...head(machine, quick), ...measured.flatMap(section), ...foot(measured)].join("\n");
}

function head(machine: Machine, quick: boolean): string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `machine   ${machine.cpu}, ${String(machine.cores)} cores, ${String(machine.memoryGiB)} GiB, ${machine.system}`,
    `versions  ${versions.join(", ")}`,
    `load      ${String(machine.loadBefore)} before the first measurement`,
    "reading   median (min–max); one machine and Redis on loopback, so compare within a run only",
    ...(quick ? ["QUICK     shows that it works; the figures mean little"] : []),
  ];
}

function section({ measurement, method, seconds, loadAfter, figures }: Measured): string[] {
  const rows = figures.map((figure) => row(verdict(figure)));
  return [
    "",
    `${measurement} (${seconds.toFixed(0)} s, load afterwards ${String(loadAfter)})`,
    ...wrapped(method, 108).map((line) => `  ${line}`),
    "",
    ...aligned([["figure", "required", "measured", "", "note"], ...rows]),
  ];
}

function row(figure: Verdict): string[] {
  const { name, unit, required, samples, median, min, max, ok, note = "" } = figure;
  const range = samples.length === 1 ? "" : ` (${rounded(min)}–${rounded(max)})`;
  const sign = required?.bound === "at most" ? "≤" : "≥";
  return [
    name,
    required === undefined ? "–" : `${sign} ${rounded(required.value)}`,
    `${rounded(median)}${range} ${unit}`,
    ok === undefined ? "" : ok ? "ok" : "SHORT",
    note,
  ];
}

function foot(measured: readonly Measured[]): string[] {
  const short = measured.flatMap(({ figures }) => figures.map(verdict)).filter(({ ok }) => ok === false);
  return [
    "",
    short.length === 0 ? "nothing falls short" : `${String(short.length)} fall short of what is required`,
  ];
}

function rounded(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

function aligned(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows.map((cells) =>
    `  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd(),
  );
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length >= width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
