import { startPostgres } from "@plyr/dev";
import { expect, test } from "vitest";
import { runService } from "../http/running-service.js";

test("who has METRICS_TOKEN reads metrics in Prometheus's format, by routes and not by paths; others read none", async () => {
  await using postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const token = "a-token-for-metrics";
  const service = await runService({ databaseUrl, env: { METRICS_TOKEN: token } });
  try {
    expect((await fetch(`${service.url}/ready`)).status).toBe(200);
    await fetch(`${service.url}/tracks/4711/like`, { method: "POST" });
    await fetch(`${service.url}/what/a/stranger/likes`);
    const ask = (authorization: string) => fetch(`${service.url}/metrics`, { headers: { authorization } });
    expect((await ask("")).status).toBe(401);
    expect((await ask("Bearer something-else-00")).status).toBe(401);
    const answer = await ask(`Bearer ${token}`);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toMatch(/http_server_request_duration_bucket\{.*http_route="\/tracks\/:id\/like"/);
    expect(text).toMatch(/plyr_intents\{plyr_state="open"[^}]*\} 0/);
    expect(text).toMatch(/plyr_tasks\{plyr_state="waiting"[^}]*\} 0/);
    expect(text).toMatch(/plyr_workers\S* 1/);
    expect(text).toMatch(/plyr_records_dropped_total\{plyr_reason="without_room"[^}]*\} 0/);
    expect(text).toMatch(/plyr_traces_unbegun_total\S* \d/);
    expect(text).not.toMatch(/4711|stranger/);
  } finally {
    await service.stop();
  }
}, 60_000);
