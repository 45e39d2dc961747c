import { until } from "@plyr/dev";
import { expect, test } from "vitest";
import { z } from "zod";
import { setStage } from "../promise/stage.js";
import { tablesWith } from "./everything.js";

test("the deletion of an account goes on through an outage of the PDS and the death of the service", async () => {
  await using stage = await setStage({ tracks: 2 });
  const [kept, waiting] = stage.tracks;
  const { db } = stage;
  if (kept === undefined || waiting === undefined || db === undefined)
    throw new Error("two tracks were set up");
  const first = await stage.serve();
  const visitor = await stage.signIn(first);
  await visitor.post(`/tracks/${String(kept.id)}/like`);
  await until("the like is on the PDS", async () => (await stage.likesOnPds()).length === 1);
  await stage.gate.shut();
  await visitor.post(`/tracks/${String(waiting.id)}/like`);

  const answer = await visitor.send("DELETE", "/me", {
    body: { confirm: "listener.test", records: "remove" },
  });
  const { ticket } = z.object({ departure: z.object({ ticket: z.uuid() }) }).parse(answer.json()).departure;
  await until("it says what it waits for", async () =>
    (await visitor.get(`/departures/${ticket}`)).text.includes("Your PDS can't be reached"),
  );
  await first.program.kill();
  expect(await stage.likesOnPds()).toHaveLength(1);

  await stage.gate.open();
  const second = await stage.serve();
  await until(
    "the account is gone",
    async () => (await fetch(`${second.url}/departures/${ticket}`)).status === 404,
    {
      within: 120_000,
    },
  );
  expect(await stage.likesOnPds()).toEqual([]);
  expect(await tablesWith(db, [stage.listener, "listener.test"])).toEqual([]);
}, 180_000);
