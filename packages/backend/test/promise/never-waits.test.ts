import { xrpc } from "@plyr/dev";
import { expect, test } from "vitest";
import { setStage } from "./stage.js";

/** Longer than all requests of the test take together, on a busy machine too. */
const LONG = 60_000;

test("while no PDS call is answered, every request is", async () => {
  await using stage = await setStage({ tracks: 8 });
  const serving = await stage.serve();
  const visitor = await stage.signIn(serving);
  stage.gate.delay(({ path }) => path.startsWith("/xrpc/"), LONG);

  const statuses: number[] = [];
  for (const { id } of stage.tracks) {
    const track = `/tracks/${String(id)}`;
    statuses.push((await visitor.post(`${track}/like`)).status);
    statuses.push((await visitor.delete(`${track}/like`)).status);
    statuses.push((await visitor.post(`${track}/like`)).status);
    const remark = { text: "Lovely", timestamp_ms: 1 };
    statuses.push((await visitor.post(`${track}/comments`, { body: remark })).status);
    statuses.push((await visitor.post(`${track}/play`)).status);
  }
  expect(statuses).toEqual(stage.tracks.flatMap(() => [200, 200, 200, 201, 200]));
  const writing = xrpc("com.atproto.repo.putRecord");
  expect(stage.gate.passages.some(({ request }) => writing(request))).toBe(true);
  expect(stage.gate.passages.filter(({ request, status }) => writing(request) && status !== null)).toEqual(
    [],
  );
  await serving.program.kill();
}, 120_000);
