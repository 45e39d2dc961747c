import { findRedis, startRedis } from "../redis/redis.js";
import type { Home } from "./home.js";

/** What the service's docket stands on in this world. */
export interface DocketStore {
  /** For DOCKET_URL; undefined: docket is disabled. */
  url: string | undefined;
  /** For the developer. */
  description: string;
  close(): Promise<void>;
}

const nothingToClose = (): Promise<void> => Promise.resolve();

/** Uses the Redis that DOCKET_URL names, else starts one if the program is installed, else does without. */
export async function startDocketStore(home: Home, wished: string | undefined): Promise<DocketStore> {
  if (wished !== undefined && wished !== "") {
    return { url: undefined, description: "the Redis that DOCKET_URL names", close: nothingToClose };
  }
  const program = findRedis();
  if (program === undefined) {
    return {
      url: undefined,
      description:
        "docket disabled: no redis-server here, so tasks run in process. To have it: apt-get install redis-server",
      close: nothingToClose,
    };
  }
  const redis = await startRedis({ dir: home.redis, port: home.ports.redis });
  return { url: redis.url, description: `${redis.url} (${program})`, close: () => redis.close() };
}
