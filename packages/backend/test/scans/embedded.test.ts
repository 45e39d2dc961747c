import { expect, test } from "vitest";
import { z } from "zod";
import { work } from "../../src/catalogue/catalogue.js";
import { listedScan } from "../../src/scans/decisions.js";
import { command } from "../cli/commanding.js";
import { setStage } from "../promise/stage.js";
import { excerpt, piece, scanned } from "./stage.js";

const accepted = z.object({ track: z.object({ id: z.number() }) });
const lines = <T>(schema: z.ZodType<T>, text: string): T[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => schema.parse(JSON.parse(line)));

test("with everything embedded: the operator fills the catalogue beside the service, and decides what is found", async () => {
  await using stage = await setStage({ embedded: true });
  const serving = await stage.serve("all", null);
  const browser = await stage.signIn(serving);
  const plyr = (...argv: string[]) => command({ DATA_DIR: stage.dataDir }, ...argv, "--json");

  expect(await plyr("catalogue", "add", piece(5), "--artist", "Somebody Famous")).toMatchObject({
    code: 0,
    stderr: "",
  });
  const again = await plyr(
    "catalogue",
    "add",
    piece(5),
    "--artist",
    "Somebody Famous",
    "--title",
    "The Work",
  );
  expect(JSON.parse(again.stdout)).toMatchObject({ added: false });
  const broken = await plyr("catalogue", "add", import.meta.filename, "--artist", "x");
  expect(broken).toMatchObject({ code: 1 });
  expect(broken.stdout).toContain("can't be decoded");
  const works = lines(work, (await plyr("catalogue", "list")).stdout);
  expect(works).toMatchObject([{ title: "The Work", artist: "Somebody Famous" }]);

  const form = new FormData();
  form.set("title", "Mine");
  form.set("file", new Blob([await excerpt(piece(5))]), "mine.mp3");
  const answer = await fetch(`${serving.url}/tracks/`, {
    method: "POST",
    headers: { cookie: `plyr_session=${browser.cookie("plyr_session") ?? ""}` },
    body: form,
  });
  const { track } = accepted.parse(await answer.json());
  const listener = { account: { did: stage.listener, handle: "", password: "" }, browser };
  expect(await scanned(listener, track.id)).toMatchObject({ state: "flagged", compared: { catalogue: 1 } });

  const list = await plyr("scans", "list");
  expect(list.code).toBe(1);
  const [scan] = lines(listedScan, list.stdout);
  expect(scan).toMatchObject({ trackId: track.id, title: "Mine", scan: { state: "flagged" } });
  const number = String(scan?.id);
  expect(await plyr("scans", "decide", number, "burn", "--because", "x")).toMatchObject({ code: 2 });
  const because = ["--because", "It is Somebody Famous's."];
  expect(await plyr("scans", "decide", number, "take-down", ...because)).toMatchObject({ code: 0 });
  await expect
    .poll(async () => (await browser.get("/tracks")).text, { timeout: 10_000 })
    .not.toContain(`"id":${String(track.id)},`);
  expect((await browser.get("/tracks/taken-down")).text).toContain("It is Somebody Famous's.");
  expect(await plyr("scans", "list")).toMatchObject({ code: 0, stdout: "" });
  expect((await plyr("scans", "decide", number, "keep", "--because", "x")).stderr).toContain(
    "There is no scan",
  );

  expect(await plyr("catalogue", "remove", String(works[0]?.id))).toMatchObject({ code: 0 });
  expect(await plyr("catalogue", "remove", String(works[0]?.id))).toMatchObject({ code: 2 });
  expect((await plyr("catalogue", "list")).stdout).toBe("");
  expect(JSON.parse((await plyr("scans", "again", "--all")).stdout)).toEqual({ scans: 0 });
}, 120_000);
