import { expect, inject } from "vitest";
import { z } from "zod";
import { defineTask } from "../../src/index.js";
import { prefixOf } from "../../src/store/redis/keys.js";
import { expectNoLeaks, expectNoTraceOfWorkers } from "../../src/testing/index.js";
import { askRedis } from "../redis-server.js";
import { test } from "../stage.js";

test.override("kind", "redis");

const chore = defineTask<undefined>()({
  name: "chore",
  payload: z.number(),
  serial: () => "lane",
  run: () => Promise.resolve(),
});

test("on Redis, what lives is finished, and whatever key stays behind is named", async ({ stage }) => {
  const place = { url: inject("redisUrl"), name: stage.name };
  const docket = await stage.open([chore]);
  await docket.addMany(chore, [1, 2, 3]);
  await docket.add(chore, 4, { key: "later", delay: "1h" });
  await expectNoLeaks(place);
  expect(await docket.snapshot()).toMatchObject({ waiting: 0, blocked: 0, delayed: 0 });

  const leak = `${prefixOf(stage.name)}runs`;
  await askRedis(place.url, (redis) => redis.hset(leak, "a task that is gone", "1:1:0:"));
  await expect(expectNoLeaks(place)).rejects.toThrow(
    `docket ${stage.name} has keys of tasks that are gone: runs`,
  );
  await askRedis(place.url, (redis) => redis.del(leak));

  const keeping = await stage.open([chore], { history: {} });
  await (await keeping.add(chore, 5, { delay: "1h" })).cancel();
  await expect(expectNoLeaks(place)).rejects.toThrow(/tasks that are gone: history, history-times$/);
  await expectNoLeaks({ ...place, history: true });
  await askRedis(place.url, (redis) => redis.persist(`${prefixOf(stage.name)}history`));
  await expect(expectNoLeaks({ ...place, history: true })).rejects.toThrow(/: history, for good$/);
  await askRedis(place.url, (redis) => redis.del(`${prefixOf(stage.name)}history`));

  const worker = stage.worker(docket);
  await worker.start();
  await expect(expectNoTraceOfWorkers(place)).rejects.toThrow(/has keys of workers that are gone: .*infos/);
  await worker.stop();
  await expectNoTraceOfWorkers(place);
});
