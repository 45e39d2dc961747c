import { parseArgs } from "node:util";
import { z } from "zod";
import { soak } from "./soak.js";

const USAGE = `npm run soak -- [--minutes 10] [--quick]

A producer and a worker at a steady load of all kinds of tasks, on a Redis of their own. Prints what each holds after its
garbage is collected, and what Redis does, and ends with 1 if something grew in the second half by more than its bound.
--quick: some seconds, to see that it works; too short for a verdict.
`;

const flags = z.object({
  minutes: z.coerce
    .number()
    .min(1)
    .max(24 * 60)
    .default(10),
  quick: z.boolean().default(false),
  help: z.boolean().default(false),
});
const MB = 1_048_576;

const { values } = parseArgs({
  options: { minutes: { type: "string" }, quick: { type: "boolean" }, help: { type: "boolean" } },
});
const asked = flags.safeParse(values);
if (!asked.success || asked.data.help) {
  if (!asked.success) console.error(z.prettifyError(asked.error));
  console.log(USAGE);
  process.exitCode = asked.success ? 0 : 2;
} else {
  const { quick } = asked.data;
  const minutes = quick ? 0.08 : asked.data.minutes;
  const everyMs = quick ? 1_000 : Math.max(2_000, (minutes * 60_000) / 60);
  const shown = (of: string, value: number): string =>
    / (keys|tasks)$|^tasks$/.test(of) ? String(Math.round(value)) : `${(value / MB).toFixed(1)} MB`;
  let told = false;
  const verdicts = await soak({
    ...{ minutes, everyMs, perSecond: 250 },
    on: ({ at, values: measured }) => {
      const names = Object.keys(measured);
      if (!told) console.log(["minute", ...names].map((name) => name.padStart(13)).join(" "));
      told = true;
      const cells = names.map((name) => shown(name, measured[name] ?? 0));
      console.log([at.toFixed(1), ...cells].map((cell) => cell.padStart(13)).join(" "));
    },
  });
  for (const { of, slope, growth, allowed, flat } of verdicts)
    console.log(
      `${of}: ${shown(of, slope)} a minute in the second half, ${shown(of, growth)} in all; ` +
        `allowed ${shown(of, allowed)}: ${flat ? "flat" : "GROWS"}`,
    );
  const grows = verdicts.some(({ flat }) => !flat);
  if (quick) console.log("It works; a verdict needs minutes.");
  else console.log(grows ? "Something grows." : "Nothing grows.");
  process.exitCode = grows && !quick ? 1 : 0;
}
