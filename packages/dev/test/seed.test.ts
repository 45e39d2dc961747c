import { createServer } from "node:http";
import { AtpAgent } from "@atproto/api";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import {
  freePort,
  launchBrowser,
  notes,
  type Pds,
  type ReleasedTrack,
  seedWorld,
  startPds,
  synthesise,
} from "../src/index.js";
import { songs } from "../src/seed/songs.js";

describe.each(songs)("$title", ({ score }) => {
  const { wav, duration } = synthesise(score);
  const view = new DataView(wav.buffer);
  const word = (offset: number): string => new TextDecoder().decode(wav.subarray(offset, offset + 4));
  const samples = new Int16Array(wav.buffer, 44);

  test("is a WAV file: mono, 22.05 kHz, 16 bits, lengths that agree", () => {
    expect([word(0), word(8), word(12), word(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
    const [size, format, channels, rate] = [
      view.getUint32(4, true),
      view.getUint16(20, true),
      view.getUint16(22, true),
      view.getUint32(24, true),
    ];
    expect({ size, format, channels, rate }).toEqual({
      size: wav.length - 8,
      format: 1,
      channels: 1,
      rate: 22_050,
    });
    expect(view.getUint32(28, true)).toBe(44_100);
    expect(view.getUint16(34, true)).toBe(16);
    expect(view.getUint32(40, true)).toBe(wav.length - 44);
    expect(Math.round(samples.length / 22_050)).toBe(duration);
  });

  test("lasts 8 to 15 seconds, is heard throughout, and neither clips nor clicks at its ends", () => {
    expect(duration).toBeGreaterThanOrEqual(8);
    expect(duration).toBeLessThanOrEqual(15);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(loudest).toBeGreaterThan(20_000);
    expect(loudest).toBeLessThan(32_767);
    for (let second = 0; second < duration - 1; second += 1) {
      const heard = samples
        .subarray(second * 22_050, (second + 1) * 22_050)
        .some((each) => Math.abs(each) > 1_500);
      expect(heard, `second ${String(second)}`).toBe(true);
    }
    expect(samples[0]).toBe(0);
    expect(Math.abs(samples.at(-1) ?? 0)).toBeLessThan(50);
  });

  test("sounds the same each time, byte for byte", () => {
    expect(synthesise(score).wav).toEqual(wav);
  });
});

test("a word that isn't a note is refused", () => {
  expect(() => notes("4 5:.5 x")).toThrow('"x" is not a note');
  expect(() => notes("4:0")).toThrow('"4:0" is not a note');
});

describe("a seeded world", () => {
  let pds: Pds;
  beforeAll(async () => {
    pds = await startPds();
  });
  afterAll(() => pds.close());

  const seed = async (): Promise<ReleasedTrack[]> => {
    const adopted: ReleasedTrack[] = [];
    const adopt = (track: ReleasedTrack): Promise<void> => Promise.resolve(void adopted.push(track));
    await seedWorld({ pds, namespace: "fm.plyr.dev", adopt });
    return adopted;
  };

  test("has an artist's tracks as records with their audio, once, however often it is seeded", async () => {
    const first = await seed();
    const again = await seed();

    expect(again).toEqual(first);
    expect(first.map(({ track }) => track.title)).toEqual(songs.map(({ title }) => title));
    const agent = new AtpAgent({ service: pds.url });
    const [repo = ""] = first.map(({ artist }) => artist.did);
    const { data } = await agent.com.atproto.repo.listRecords({ repo, collection: "fm.plyr.dev.track" });
    expect(data.records).toHaveLength(songs.length);
    expect(new Set(data.records.map(({ cid }) => cid))).toEqual(
      new Set(first.map(({ record }) => record.cid)),
    );
    for (const [index, { track }] of first.entries()) {
      const audio = await fetch(track.audioUrl);
      expect(audio.headers.get("content-type")).toBe("audio/wav");
      const score = songs[index]?.score;
      expect(new Uint8Array(await audio.arrayBuffer())).toEqual(score && synthesise(score).wav);
    }
  });

  test("plays in a browser, from the PDS", async () => {
    const [first] = await seed();
    const port = await freePort();
    const page = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end(`<audio muted src="${first?.track.audioUrl ?? ""}"></audio>`);
    }).listen(port, "127.0.0.1");
    onTestFinished(() => {
      page.closeAllConnections();
      page.close();
    });
    await using chromium = await launchBrowser();
    const tab = await chromium.browser.newPage();
    await tab.goto(`http://127.0.0.1:${String(port)}/`);

    // As text, for the browser: its names aren't ours.
    await tab.evaluate('document.querySelector("audio").play()');
    await tab.waitForFunction('document.querySelector("audio").currentTime > 0.3');

    const duration = z.number().parse(await tab.evaluate('document.querySelector("audio").duration'));
    expect(Math.round(duration)).toBe(first?.track.duration);
  });
});
