import { z } from "zod";
import { defineTask, type Docket, exponential, type Task } from "../../src/index.js";

const given = z.object({ n: z.number() });
type Given = z.output<typeof given>;

const plain = defineTask<undefined>()({
  name: "plain",
  payload: given,
  run: (_payload, ctx) => {
    ctx.progress.set("underway");
    return Promise.resolve();
  },
});
const answered = defineTask<undefined>()({
  name: "answered",
  payload: given,
  result: true,
  run: ({ n }) => Promise.resolve(n),
});
const laned = defineTask<undefined>()({
  name: "laned",
  payload: given,
  serial: ({ n }) => `lane ${String(n % 50)}`,
  run: () => Promise.resolve(),
});
const flaky = defineTask<undefined>()({
  name: "flaky",
  payload: given,
  retry: exponential({ attempts: 3, min: 20, max: 50 }),
  run: (_payload, { attempt }) =>
    attempt === 1 ? Promise.reject(new Error("the first attempt fails")) : Promise.resolve(),
});
const rated = defineTask<undefined>()({
  name: "rated",
  payload: given,
  group: ({ n }) => `group ${String(n % 5)}`,
  rate: { limit: 100, per: "1s" },
  run: () => Promise.resolve(),
});

export const TASKS: readonly Task<unknown, undefined>[] = [plain, answered, laned, flaky, rated];

/** One round of the load: nothing of it ends among the dead letters, which are kept. @returns how many tasks it was */
export async function oneRound(docket: Docket<undefined>, n: number): Promise<number> {
  const payload: Given = { n };
  const handle = await docket.add(answered, payload);
  const delayed = await docket.add(plain, payload, { delay: "1m" });
  await Promise.all([
    docket.addMany(plain, [payload, payload, payload]),
    docket.add(laned, payload),
    docket.add(flaky, payload),
    docket.add(rated, payload),
    docket.replace(plain, payload, { key: `replaced ${String(n % 20)}`, delay: 200 }),
    docket.debounce(plain, payload, { key: `burst ${String(n % 20)}`, quiet: 100 }),
    docket.cancel(delayed.id),
    handle.result(),
  ]);
  return 10;
}
