import { setTimeout as pause } from "node:timers/promises";
import type { Match } from "../gate/passage.js";
import type { Rule } from "../gate/rules.js";
import type { Parts } from "./parts.js";
import type { Disturbance, Trouble } from "./schedule.js";

/** Writes, as a worker sends them. */
const writes: Match = ({ method, path }) => method === "POST" && path.startsWith("/xrpc/com.atproto.repo.");

/** Longer than the service waits for an answer, shorter than it counts with a write that was cut off; milliseconds. */
const LATE = 18_000;
const SLOW = 2_500;

/**
 * Does what the plan says, each at its time, and resolves when all of it is over.
 *
 * @param onKilled is called when a process of the service has been killed, before it runs again
 */
export async function disturb(
  parts: Parts,
  plan: readonly Disturbance[],
  onKilled: () => Promise<void>,
): Promise<void> {
  const began = performance.now();
  await Promise.all(
    plan.map(async ({ trouble, begins, lasts }) => {
      await pause(Math.max(0, begins - (performance.now() - began)));
      const end = await begin(parts, trouble);
      if (trouble.to === "worker" || trouble.to === "api") await onKilled();
      await pause(lasts);
      await end();
    }),
  );
}

/** Ends whatever is still wrong. */
export async function heal({ gate, redis, pds, api, worker }: Parts): Promise<void> {
  gate.clear();
  if (redis !== null && !isUp(() => redis.pid)) await redis.restart();
  if (!isUp(() => pds.pid)) await pds.restart();
  for (const process of [api, worker]) await process.start();
  for (const process of [api, worker]) await process.answers();
}

/** @returns what ends it */
async function begin(parts: Parts, trouble: Trouble): Promise<() => Promise<void>> {
  switch (trouble.to) {
    case "api":
    case "worker": {
      const process = parts[trouble.to];
      await process.kill();
      return () => process.start();
    }
    case "redis":
      return beginRedis(parts, trouble.what);
    case "pds":
      if (trouble.what === "killed") {
        await parts.pds.kill();
        return () => parts.pds.restart();
      }
      parts.pds.pause();
      return () => {
        parts.pds.resume();
        return Promise.resolve();
      };
    case "bucket":
      return beginBucket(parts, trouble.what);
    case "line": {
      const rule = beginLine(parts, trouble.what);
      return () => {
        rule.remove();
        return Promise.resolve();
      };
    }
  }
}

async function beginBucket({ bucket }: Parts, what: "killed" | "hung"): Promise<() => Promise<void>> {
  if (bucket === null) throw new Error("there is no bucket to be troubled");
  if (what === "killed") {
    await bucket.kill();
    return () => bucket.restart();
  }
  bucket.pause();
  return () => {
    bucket.resume();
    return Promise.resolve();
  };
}

async function beginRedis(
  { redis }: Parts,
  what: "killed" | "hung" | "flushed",
): Promise<() => Promise<void>> {
  if (redis === null) throw new Error("there is no Redis to be troubled");
  switch (what) {
    case "killed":
      await redis.kill();
      return () => redis.restart();
    case "hung":
      redis.pause();
      return () => {
        redis.resume();
        return Promise.resolve();
      };
    case "flushed":
      await redis.flush();
      return () => Promise.resolve();
  }
}

function beginLine({ gate }: Parts, what: Extract<Trouble, { to: "line" }>["what"]): Rule {
  switch (what) {
    case "429":
      return gate.answer(writes, {
        status: 429,
        headers: { "retry-after": "2" },
        body: { error: "RateLimitExceeded", message: "Rate Limit Exceeded" },
      });
    case "401":
      return gate.answer(
        writes,
        {
          status: 401,
          headers: { "www-authenticate": 'DPoP error="invalid_token", error_description="gone"' },
          body: { error: "InvalidToken", message: "gone" },
        },
        { times: 2 },
      );
    case "503":
      return gate.answer(writes, { status: 503, body: "away" });
    case "slow":
      return gate.delay(writes, SLOW);
    case "late":
      return gate.delay(writes, LATE, { times: 1 });
    case "cut before":
      return gate.drop(writes, { times: 2 });
    case "answer lost":
      return gate.loseAnswer(writes, { times: 2 });
  }
}

/** A program that doesn't run has no process id to give. */
function isUp(pid: () => number): boolean {
  try {
    return pid() > 0;
  } catch {
    return false;
  }
}
