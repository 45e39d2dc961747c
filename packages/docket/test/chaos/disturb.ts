import { setTimeout as pause } from "node:timers/promises";
import { inboxOf, KEYS, prefixOf } from "../../src/store/redis/keys.js";
import { Chance } from "./chance.js";
import type { Interval } from "./history.js";
import { monotonic } from "./journal.js";
import type { Member } from "./member.js";
import type { Disturbance } from "./plan.js";
import type { RedisPair } from "./redis-pair.js";
import { NAME } from "./setting.js";

/** All that can be disturbed. */
export interface Parts {
  readonly seed: number;
  readonly redis: RedisPair;
  readonly workers: readonly Member[];
  readonly producers: readonly Member[];
}

export interface Disturbed {
  /** Each disturbance, when it began and ended. */
  readonly done: readonly (Interval & { readonly disturbance: Disturbance })[];
  /** When Redis, or the way to it, was disturbed. */
  readonly troubles: readonly Interval[];
  /** Ids of what strangers wrote. */
  readonly strangers: readonly string[];
}

/** Does what the plan says, one after the other, each at its time or when the one before is over. */
export async function disturb(parts: Parts, plan: readonly Disturbance[]): Promise<Disturbed> {
  const began = performance.now();
  const done: (Interval & { disturbance: Disturbance })[] = [];
  const troubles: Interval[] = [];
  const strangers: string[] = [];
  for (const [at, disturbance] of plan.entries()) {
    await pause(Math.max(0, disturbance.begins - (performance.now() - began)));
    const from = monotonic();
    if (disturbance.trouble === "stranger writes") strangers.push(...(await writeNonsense(parts, at)));
    else if (await carryOut(parts, disturbance)) troubles.push({ from, to: monotonic() });
    done.push({ from, to: monotonic(), disturbance });
  }
  return { done, troubles, strangers };
}

/** @returns whether Redis, or the way to it, was away meanwhile */
async function carryOut(parts: Parts, { trouble, lasts, whom, begins }: Disturbance): Promise<boolean> {
  const { redis, workers, producers } = parts;
  const [worker, producer] = [workers[whom % workers.length], producers[whom % producers.length]];
  switch (trouble) {
    case "worker killed":
      worker?.kill();
      return false;
    case "worker stopped":
      worker?.stop();
      await pause(lasts);
      worker?.continue();
      return false;
    case "worker replaced":
      worker?.retire();
      return false;
    case "producer killed":
      producer?.kill();
      return false;
    case "producer stopped":
      producer?.stop();
      await pause(lasts);
      producer?.continue();
      return false;
    case "redis killed":
      await redis.primary.kill();
      await pause(lasts);
      await redis.primary.restart();
      return true;
    case "redis hung":
      redis.primary.hang();
      await pause(lasts);
      redis.primary.resume();
      return true;
    case "redis failed over":
      await redis.failOver();
      return true;
    case "scripts flushed":
      await redis.primary.ask((server) => server.script("FLUSH"));
      return false;
    case "connections cut":
      await redis.primary.ask((server) => server.call("CLIENT", "KILL", "TYPE", "normal"));
      return true;
    case "answers lost": {
      const chance = new Chance(parts.seed, `deaf at ${String(begins)}`);
      const deaf = redis.relay.loseAnswers(() => chance.happens(0.5));
      await pause(lasts);
      deaf.breakOff();
      return true;
    }
    case "stranger writes":
      return false;
  }
}

/** Somebody else writes under the docket's keys. @returns the ids of what can't be read as a task */
async function writeNonsense({ redis }: Parts, at: number): Promise<string[]> {
  const prefix = prefixOf(NAME);
  const ids = ["garbage", "", "1\ta\tb"].map((body, each) => ({
    id: `stranger-${String(at)}-${String(each)}`,
    body,
  }));
  await redis.primary.ask(async (server) => {
    for (const { id, body } of ids) {
      await server.hset(`${prefix}${KEYS.bodies}`, id, body);
      await server.rpush(`${prefix}${KEYS.ready}`, id);
    }
    for (const worker of await server.zrange(`${prefix}${KEYS.workers}`, "0", "-1"))
      await server.rpush(inboxOf(prefix, worker), "nonsense", "task\tx", "look\tnever", "cancel\tnobody");
  });
  return ids.map(({ id }) => id);
}
