import { startRedis, until } from "@plyr/dev";
import { expect, test } from "vitest";
import { teal } from "../../src/records/collections.js";
import { setPlaysStage } from "./stage.js";

const old = { play: "fm.teal.alpha.feed.play", status: "fm.teal.alpha.actor.status" };

test.each([
  { way: "docket, in teal's old namespace", names: old },
  { way: "the embedded database and no docket", names: teal },
])(
  "plays get to their PDS with $way",
  async ({ way, names }) => {
    await using redis = await startRedis();
    const env = way.startsWith("docket")
      ? { DOCKET_URL: redis.url, TEAL_PLAY_COLLECTION: names.play, TEAL_STATUS_COLLECTION: names.status }
      : { DATABASE_URL: "" };
    await using stage = await setPlaysStage(env);
    const { listener } = stage;
    const track = await stage.publish("Rain");
    await stage.optIn(listener);
    const { play } = await stage.start(listener.browser, track);
    const { scrobble } = await stage.heard(listener.browser, play.id);
    const [record] = await stage.played(listener, names, 1);
    expect(record).toMatchObject({ uri: scrobble, value: { $type: names.play, trackName: "Rain" } });
    const { hostname } = new URL(stage.service.url);
    const audio = `${stage.service.url}/tracks/${String(track)}/audio`;
    expect(record?.value).toMatchObject(
      names === old
        ? { originUrl: audio, musicServiceBaseDomain: hostname }
        : { originUri: audio, musicServiceUri: stage.service.url },
    );
    await until(
      "the status is there",
      async () => (await stage.recordsOf(listener, names.status)).length === 1,
    );
  },
  180_000,
);
