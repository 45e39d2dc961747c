import { startRedis } from "@plyr/dev";
import { expect, test } from "vitest";
import { setListsStage } from "./stage.js";

test.each(["docket", "the embedded database and no docket"])(
  "lists get to their PDS with %s",
  async (way) => {
    await using redis = await startRedis();
    const env = way === "docket" ? { DOCKET_URL: redis.url } : { DATABASE_URL: "" };
    await using stage = await setListsStage(env);
    const album = await stage.newAlbum("Anywhere");
    const first = await stage.publish("First", album.id);
    const second = await stage.publish("Second", album.id);
    await stage.ask("POST", `/albums/${String(album.id)}/finalize`, { track_ids: [second.id, first.id] });
    await stage.artist.browser.post(`/tracks/${String(first.id)}/like`);
    const record = await stage.holds(stage.artist, album.uri, [second, first]);
    expect(record.value.name).toBe("Anywhere");
    const liked = (await stage.artist.browser.get("/me/liked-list")).text;
    const uri = /at:[^"]+/.exec(liked)?.[0] ?? expect.fail("there is no liked list");
    await stage.holds(stage.artist, uri, [first]);
  },
  120_000,
);
