import { describe, expect } from "vitest";
import { IncompatibleStore } from "../../src/index.js";
import { prefixOf } from "../../src/store/redis/keys.js";
import { matching } from "../matching.js";
import { chore } from "./chores.js";
import { test } from "./harbour.js";
import { Relay } from "./relay.js";

describe("a Redis that says that it is", () => {
  test.for(["6.0", "5.9"])("%s is refused before anything is written", async (version, { harbour }) => {
    await using relay = await Relay.to(harbour.server.port);
    relay.disguise("redis_version:7.0", `redis_version:${version}`);
    const docket = await harbour.open({ run: () => Promise.resolve() }, [chore], { url: relay.url });
    const refusal: unknown = await docket.add(chore, 1).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(IncompatibleStore);
    expect(refusal).toHaveProperty(
      "message",
      matching(new RegExp(`version ${version}.*6\\.2 or newer: upgrade it`)),
    );
    const worker = docket.worker();
    await expect(worker.start()).rejects.toThrow(IncompatibleStore);
    await worker.stop();
    expect(await docket.health()).toMatchObject({
      reachable: true,
      version: matching(new RegExp(`^${version}`)),
    });
    expect(await harbour.server.ask((redis) => redis.keys(`${prefixOf(harbour.name)}*`))).toEqual([]);
  });

  test("6.2 will do", async ({ harbour }) => {
    await using relay = await Relay.to(harbour.server.port);
    relay.disguise("redis_version:7.0", "redis_version:6.2");
    const docket = await harbour.open({ run: () => Promise.resolve() }, [chore], { url: relay.url });
    await docket.add(chore, 1);
    expect((await docket.snapshot()).waiting).toBe(1);
  });
});
