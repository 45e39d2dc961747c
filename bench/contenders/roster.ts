import type { Contender } from "./contender.ts";

/** Loaded one by one: what a process weighs is measured, and it is to have loaded its own engine only. */
const LOADERS = {
  docket: () => import("./docket.ts").then(({ docket }) => docket),
  "bare loop": () => import("./bare-loop.ts").then(({ bareLoop }) => bareLoop),
  "list loop": () => import("./list-loop.ts").then(({ listLoop }) => listLoop),
  BullMQ: () => import("./bullmq.ts").then(({ bullmq }) => bullmq),
  "bee-queue": () => import("./bee-queue.ts").then(({ beeQueue }) => beeQueue),
  "pg-boss": () => import("./pg-boss.ts").then(({ pgBoss }) => pgBoss),
  "graphile-worker": () => import("./graphile-worker.ts").then(({ graphileWorker }) => graphileWorker),
} satisfies Record<string, () => Promise<Contender>>;

export const CONTENDER_NAMES = [
  "docket",
  "bare loop",
  "list loop",
  "BullMQ",
  "bee-queue",
  "pg-boss",
  "graphile-worker",
] as const satisfies readonly (keyof typeof LOADERS)[];
export type ContenderName = (typeof CONTENDER_NAMES)[number];

/** Those that somebody might choose in docket's place. */
export const PEER_NAMES = ["BullMQ", "bee-queue", "pg-boss", "graphile-worker"] as const;
export const REDIS_PEER_NAMES = ["BullMQ", "bee-queue"] as const;

export function contender(name: ContenderName): Promise<Contender> {
  return LOADERS[name]();
}
