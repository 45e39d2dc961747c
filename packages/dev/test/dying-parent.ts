// Started by orphans.test.ts as a process of its own, to be killed with everything it has started.
import { launchBrowser, startPds, startPostgres, startRedis } from "@plyr/dev";

const [pds, redis, pausedRedis, postgres] = await Promise.all([
  startPds(),
  startRedis(),
  startRedis(),
  startPostgres(),
]);
const database = await postgres.createDatabase();
const { browser } = await launchBrowser();
await browser.newPage();
pds.pause();
pausedRedis.pause();
process.stdout.write(
  `${JSON.stringify({
    pids: [pds.pid, redis.pid, pausedRedis.pid],
    ports: [pds.url, pds.plcUrl, redis.url, pausedRedis.url, database].map((url) =>
      Number(new URL(url).port),
    ),
  })}\n`,
);
