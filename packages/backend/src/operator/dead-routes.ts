import { Hono } from "hono";
import { z } from "zod";
import { DeadLetters, UnknownLetter, UnknownTask } from "../dead-letters/dead-letters.js";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { demandEmptyBody } from "../http/empty-body.js";
import { Problem } from "../http/problem.js";
import { registry } from "../tasks/registry.js";
import { answerLines } from "./lines.js";
import type { OperatorServices } from "./services.js";

const query = z.object({
  limit: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .pipe(z.int().min(1))
    .default(100),
  task: z.string().max(200).optional(),
});
const replayed = z.strictObject({ task: z.string().max(200).optional() });

/** What was given up: reading it, having it carried out after all, or throwing it away. */
export function deadRoutes({ db, background, log }: OperatorServices): Hono<HttpEnv> {
  const dead = new DeadLetters({ db, outbox: background.outbox, queues: background.queues, registry });
  const routes = new Hono<HttpEnv>();

  routes.get("/dead", async (c) => {
    const asked = query.safeParse(c.req.query());
    if (!asked.success)
      throw new Problem(422, "malformed", "limit is a whole number from 1 to 9999", "limit");
    return c.json({ dead: await dead.list(asked.data.limit, asked.data.task) });
  });

  routes.get("/dead/:id", async (c) => c.json(await telling(dead.show(idOf(c.req.param("id"))))));

  routes.post("/dead/:id/replay", async (c) => {
    await demandEmptyBody(c);
    return c.json({ intent: await telling(dead.replay(idOf(c.req.param("id")))) });
  });

  routes.post("/dead/replay", async (c) => {
    const { task } = await parseBody(c, replayed);
    return answerLines(c, log, async function* (signal) {
      for (const id of await dead.ids(task)) {
        if (signal.aborted) return;
        const intent = await unlessGone(telling(dead.replay(id)));
        // Somebody else was quicker.
        if (intent !== null) yield { id, intent };
      }
    });
  });

  routes.delete("/dead/:id", async (c) => {
    await demandEmptyBody(c);
    await telling(dead.discard(idOf(c.req.param("id"))));
    return c.json({ discarded: true });
  });

  return routes;
}

function idOf(typed: string): string {
  if (z.uuid().safeParse(typed).success) return typed;
  throw new Problem(404, "unknown_letter", `there is no dead letter ${typed.slice(0, 80)}`);
}

async function telling<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof UnknownLetter) throw new Problem(404, "unknown_letter", error.message);
    if (error instanceof UnknownTask) throw new Problem(409, "unknown_task", error.message);
    throw error;
  }
}

async function unlessGone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}
