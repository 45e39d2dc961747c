import { parseArgs } from "node:util";
import { priceOf, prices } from "@plyr/backend";
import { z } from "zod";
import { liveDay, type Line } from "./day.ts";

const USAGE = `npm run cost -- [--share 0.05] [--idle-minutes 10] [--shape one,two] [--json]

  Lives a share of a day at the page's volume with the whole service, one thing after the other, and then does nothing for
  some minutes; counts what reaches Redis (by MONITOR), and reckons a day from it. Alerts, sweeps and signs of life are in it.

  --share         of the day that is lived, 0.01 to 1; of each family at least one is done
  --idle-minutes  without anything to do, 1 to 120; alerts are looked for every 10 minutes
  --shape         one: a process with role all; two: api and worker

  Ends with 1 when a day comes to more than ${String(10_000)} commands sent by clients.
`;

const { freePerDay: FREE, perGB: PER_GB } = prices;

const shapes = z.enum(["one", "two"]);
const Flags = z.object({
  share: z.coerce.number().min(0.01).max(1),
  "idle-minutes": z.coerce.number().min(1).max(120),
  shape: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(shapes).min(1)),
  json: z.boolean(),
});

interface Row {
  readonly what: string;
  readonly perDay: number;
  readonly measured: number;
  readonly each: number;
  readonly sent: number;
  readonly inner: number;
}

function rowOf({ what, perDay, measured, cost }: Line): Row {
  const scale = perDay / measured;
  const [sent, inner] = [Math.round(cost.sent * scale), Math.round(cost.inner * scale)];
  return { what, perDay, measured, each: cost.sent / measured, sent, inner };
}

function print(shape: string, rows: readonly Row[], sent: number, inner: number, memory: number): void {
  const cells = [
    ["", "a day", "measured", "commands each", "commands a day", "inside scripts a day"],
    ...rows.map(({ what, perDay, measured, each, ...row }) => [
      ...[what, what.startsWith("while") ? `${String(perDay)} min` : String(perDay), String(measured)],
      ...[each.toFixed(2), String(row.sent), String(row.inner)],
    ]),
    ["in all", "", "", "", String(sent), String(inner)],
  ];
  const widths = (cells[0] ?? []).map((_, at) => Math.max(...cells.map((row) => (row[at] ?? "").length)));
  process.stdout.write(`\n${shape === "one" ? "one process, role all" : "two processes, api and worker"}\n`);
  for (const row of cells)
    process.stdout.write(
      `  ${row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  const month = sent * 30;
  const beyond = Math.max(0, sent - FREE) * 30;
  process.stdout.write(
    `  ${String(month)} commands a month: $${priceOf(month).toFixed(2)} where each is paid for, ` +
      `$${priceOf(beyond).toFixed(2)} beyond the ${String(FREE)} a day that are free; ` +
      `with what scripts call inside, ${String((sent + inner) * 30)} a month: $${priceOf((sent + inner) * 30).toFixed(2)}\n`,
  );
  process.stdout.write(
    `  Redis held ${(memory / 1_000_000).toFixed(1)} MB at most, itself included: $${((memory / 1e9) * PER_GB).toFixed(4)} a month\n`,
  );
}

const parsed = Flags.safeParse(
  parseArgs({
    options: {
      share: { type: "string", default: "0.05" },
      "idle-minutes": { type: "string", default: "10" },
      shape: { type: "string", default: "one,two" },
      json: { type: "boolean", default: false },
    },
  }).values,
);
if (!parsed.success) {
  process.stderr.write(`${z.prettifyError(parsed.error)}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  const { share, json, shape: asked } = parsed.data;
  for (const shape of asked) {
    const { lines, memory } = await liveDay(shape, { share, idleMinutes: parsed.data["idle-minutes"] });
    const rows = lines.map(rowOf);
    const sent = rows.reduce((sum, row) => sum + row.sent, 0);
    const inner = rows.reduce((sum, row) => sum + row.inner, 0);
    if (json) process.stdout.write(`${JSON.stringify({ shape, share, rows, sent, inner, memory })}\n`);
    else print(shape, rows, sent, inner, memory);
    if (sent > FREE) process.exitCode = 1;
  }
}
