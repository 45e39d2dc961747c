import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAudio } from "./audio.js";
import { collections, setStage, type Stage } from "./stage.js";

describe.each(["folder", "bucket"] as const)("with files in a %s", (kind) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage(kind);
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test.each([
    ["mp3", "mp3", "audio/mpeg"],
    ["wav", "wav", "audio/wav"],
    ["flac", "flac", "audio/flac"],
    ["m4a", "m4a", "audio/mp4"],
    ["ogg", "ogg", "audio/ogg"],
    ["opus", "ogg", "audio/ogg"],
  ] as const)(
    "%s becomes a track: on the artist's PDS with its audio, and playable from here",
    async (format, fileType, mimeType) => {
      const audio = await makeAudio(format, 4);
      const { uploadId, trackId } = await stage.upload(stage.artist, audio, {
        // The name says nothing true.
        name: "notes.txt",
        title: `A tone in ${format}`,
        description: "Sounds like 330 Hz.\nFor four seconds.",
      });
      const done = await stage.reaches(stage.artist, uploadId, "done");
      expect(done).toMatchObject({ trackId, reason: null, write: { state: "confirmed" } });

      const record = (await stage.tracksOnPds()).find(({ uri }) => uri === done.write?.uri);
      expect(record?.value).toMatchObject({
        $type: collections.track,
        title: `A tone in ${format}`,
        artist: "artist.test",
        description: "Sounds like 330 Hz.\nFor four seconds.",
        fileType,
        duration: 4,
        audioUrl: `${stage.service.url}/tracks/${String(trackId)}/audio`,
        audioBlob: { size: audio.length },
      });
      expect(record?.value.audioBlob?.mimeType).toMatch(/^audio\//);
      expect(await stage.blobStatus(record?.value.audioBlob?.ref.$link ?? "")).toBe(200);

      const heard = await fetch(record?.value.audioUrl ?? "");
      expect([heard.status, heard.headers.get("content-type")]).toEqual([200, mimeType]);
      expect(Buffer.from(await heard.arrayBuffer()).equals(audio)).toBe(true);
    },
  );
});
