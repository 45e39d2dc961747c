import { Redis } from "ioredis";
import { packageVersion } from "../versions.ts";
import type { Contender } from "./contender.ts";
import { Loop, type LoopScripts } from "./loop.ts";

/**
 * The least that holds on to what it has claimed: a stream with a consumer group, and a hash for each task. No order, no
 * keys, no retries, and nobody who looks after what a lost worker held, though the group knows it: what docket costs
 * beyond this is the price of those.
 */
export const bareLoop: Contender = {
  name: "bare loop",
  store: "redis",
  builtOn: () => `ioredis ${packageVersion("ioredis")}`,
  async open({ url, queue, handle }) {
    const redis = new Redis(url);
    const stream = `bare:{${queue}}:stream`;
    await redis.xgroup("CREATE", stream, GROUP, "0", "MKSTREAM");
    return Loop.open(redis, SCRIPTS, [stream, `bare:{${queue}}:task:`], handle);
  },
};

const GROUP = "workers";
const TASK = "bench.count";

const SCRIPTS: LoopScripts = {
  add: `
for i = 1, #ARGV do
  local id = redis.call("XADD", KEYS[1], "*", "name", "${TASK}")
  redis.call("HSET", KEYS[2] .. id, "name", "${TASK}", "payload", ARGV[i])
end`,
  take: `
if #ARGV > 1 then
  redis.call("XACK", KEYS[1], "${GROUP}", unpack(ARGV, 2))
  redis.call("XDEL", KEYS[1], unpack(ARGV, 2))
  local tasks = {}
  for i = 2, #ARGV do tasks[i - 1] = KEYS[2] .. ARGV[i] end
  redis.call("DEL", unpack(tasks))
end
if ARGV[1] == "0" then return {} end
local read = redis.call("XREADGROUP", "GROUP", "${GROUP}", "worker", "COUNT", ARGV[1], "STREAMS", KEYS[1], ">")
if not read then return {} end
local taken = {}
for i, entry in ipairs(read[1][2]) do
  local task = redis.call("HMGET", KEYS[2] .. entry[1], "name", "payload")
  taken[2 * i - 1], taken[2 * i] = entry[1], task[2]
end
return taken`,
};
