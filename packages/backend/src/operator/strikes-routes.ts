import { Hono } from "hono";
import { z } from "zod";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { Problem } from "../http/problem.js";
import { addStrike, endStrike, heldByOperator, readStrikes } from "../strikes/strikes.js";
import { showRestored } from "../strikes/struck-rows.js";
import type { OperatorServices } from "./services.js";

const scalar = z.union([z.string().max(500), z.number(), z.boolean(), z.null()]);
const named = z.strictObject({
  task: z.string().min(1).max(200),
  where: z
    .record(z.string().min(1).max(100), scalar)
    .refine((where) => Object.keys(where).length <= 10, "names at most 10 fields")
    .default({}),
});
const struck = z.strictObject({ ...named.shape, because: z.string().trim().min(1).max(500) });

/** What isn't carried out until it is restored. */
export function strikesRoutes({ db, background, registry }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get("/strikes", async (c) => c.json({ strikes: await readStrikes(db) }));

  routes.post("/strikes", async (c) => {
    const strike = await parseBody(c, struck);
    if (!registry.some(({ task }) => task.name === strike.task))
      throw new Problem(422, "unknown_task", `no task of this version is named ${strike.task}`, "task");
    await addStrike(db, strike);
    await background.tellStrikes();
    return c.json({ ...strike, reason: heldByOperator(strike.because) });
  });

  routes.post("/strikes/restore", async (c) => {
    const { task, where } = await parseBody(c, named);
    const standing = (await readStrikes(db)).find((one) => one.task === task && sameFields(one.where, where));
    if (standing === undefined || !(await endStrike(db, task, where)))
      throw new Problem(
        404,
        "unknown_strike",
        `${task} is not struck so: see npm run plyr -- status`,
        "task",
      );
    await background.tellStrikes();
    await showRestored(db, standing.because);
    return c.json({ task, where });
  });

  return routes;
}

function sameFields(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
