import { Redis } from "ioredis";
import { packageVersion } from "../versions.ts";
import type { Contender } from "./contender.ts";
import { Loop, type LoopScripts } from "./loop.ts";

/**
 * The floor of the data structure: a list, and one hash for all bodies. A task that was claimed is nowhere until it is
 * acknowledged, so nothing here is safe: what docket costs beyond this is the price of all its promises.
 */
export const listLoop: Contender = {
  name: "list loop",
  store: "redis",
  builtOn: () => `ioredis ${packageVersion("ioredis")}`,
  open: ({ url, queue, handle }) =>
    Loop.open(
      new Redis(url),
      SCRIPTS,
      [`list:{${queue}}:ready`, `list:{${queue}}:bodies`, `list:{${queue}}:last`],
      handle,
    ),
};

const SCRIPTS: LoopScripts = {
  add: `
local last = redis.call("INCRBY", KEYS[3], #ARGV)
for i = 1, #ARGV do
  local id = last - #ARGV + i
  redis.call("HSET", KEYS[2], id, ARGV[i])
  redis.call("RPUSH", KEYS[1], id)
end`,
  take: `
if #ARGV > 1 then redis.call("HDEL", KEYS[2], unpack(ARGV, 2)) end
local ids = redis.call("LPOP", KEYS[1], ARGV[1])
if not ids or #ids == 0 then return {} end
local bodies, taken = redis.call("HMGET", KEYS[2], unpack(ids)), {}
for i, id in ipairs(ids) do
  taken[2 * i - 1], taken[2 * i] = id, bodies[i]
end
return taken`,
};
