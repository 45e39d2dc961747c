import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectionsOf } from "@plyr/backend";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { launchBrowser, type TestBrowser } from "../src/browser/chromium.js";
import { until } from "../src/waiting/until.js";
import { startWorld, type World } from "../src/world/world.js";
import { giveOwnPorts } from "./own-ports.js";

let folder: string;
let world: World;
let browser: TestBrowser;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-browser-"));
  await giveOwnPorts(folder);
  world = await startWorld({ folder, reset: false, env: {}, say: () => undefined });
  browser = await launchBrowser();
  page = await (await browser.browser.newContext({ locale: "en-US" })).newPage();
  page.setDefaultTimeout(20_000);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** The id of the first track on the page. */
async function firstTrack(): Promise<string> {
  const id = await page.locator("[data-testid^=heart-]").first().getAttribute("data-testid");
  return (id ?? "").replace("heart-", "");
}

/** What the listener's PDS itself says of a record. */
async function recordAt(uri: string): Promise<Response> {
  const [repo = "", collection = "", rkey = ""] = uri.replace("at://", "").split("/");
  const query = new URLSearchParams({ repo, collection, rkey });
  return fetch(`${pdsUrl()}/xrpc/com.atproto.repo.getRecord?${query.toString()}`);
}

/** The texts of the listener's comments, as their PDS itself gives them. */
async function commentRecords(): Promise<string[]> {
  const records = z.object({ records: z.array(z.object({ value: z.object({ text: z.string() }) })) });
  const query = new URLSearchParams({
    repo: world.listener.handle,
    collection: collectionsOf("fm.plyr.dev").comment,
  });
  const answer = await fetch(`${pdsUrl()}/xrpc/com.atproto.repo.listRecords?${query.toString()}`);
  return records.parse(await answer.json()).records.map(({ value }) => value.text);
}

function pdsUrl(): string {
  return world.surroundings.find((line) => line.startsWith("PDS"))?.split(/\s+/)[1] ?? "";
}

test("a person signs in at their PDS, likes a track, sees it on their PDS, also after a reload, and takes it back", async () => {
  await page.goto(world.url);
  await page.getByTestId("handle").fill(world.listener.handle);
  await page.getByTestId("sign-in-submit").click();

  await page.locator("input[type=password]").fill(world.listener.password);
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.waitForURL((url) => url.origin === world.url);
  await expect.poll(() => page.getByTestId("signed-in-as").textContent()).toBe(`@${world.listener.handle}`);

  const track = await firstTrack();
  await page.getByTestId(`heart-${track}`).click();
  await expect
    .poll(() => page.getByTestId(`write-state-${track}`).textContent(), { timeout: 10_000 })
    .toContain("on your PDS");
  const uri = (await page.getByTestId(`write-uri-${track}`).textContent()) ?? "";
  expect(uri).toMatch(/^at:\/\/did:plc:[a-z2-7]{24}\/fm\.plyr\.dev\.like\/[2-7a-z]{13}$/);
  expect((await recordAt(uri)).status).toBe(200);

  await page.reload();
  await expect.poll(() => page.getByTestId(`heart-${track}`).getAttribute("aria-pressed")).toBe("true");
  expect(await page.getByTestId(`write-uri-${track}`).textContent()).toBe(uri);

  await page.getByTestId(`heart-${track}`).click();
  await expect
    .poll(() => page.getByTestId(`write-state-${track}`).textContent(), { timeout: 10_000, interval: 20 })
    .toContain("removed from your PDS");
  await until("the PDS has no such record any more", async () => (await recordAt(uri)).status === 400);
}, 90_000);

test("a person says something about a track, changes it, and takes it back, and their PDS follows", async () => {
  await page.goto(world.url);
  const track = await firstTrack();
  await page.getByTestId(`comments-of-${track}`).locator("summary").click();
  await page.getByTestId(`comment-new-${track}`).fill("what a melody");
  await page.getByTestId(`comment-new-${track}-send`).click();

  const row = page.getByTestId(`comments-${track}`).locator("li");
  await row.waitFor();
  const id = ((await row.getAttribute("data-testid")) ?? "").replace("comment-", "");
  const stateIs = (words: string) =>
    expect
      .poll(() => page.getByTestId(`write-state-comment-${id}`).textContent(), { timeout: 10_000 })
      .toContain(words);
  await stateIs("on your PDS");
  expect(await commentRecords()).toEqual(["what a melody"]);

  await page.getByTestId(`comment-change-${id}`).click();
  await page.getByTestId(`comment-edit-${id}`).fill("what a <b>bass</b>");
  await page.getByTestId(`comment-edit-${id}-send`).click();
  await until(
    "the new words are on the PDS",
    async () => (await commentRecords()).join() === "what a <b>bass</b>",
  );
  await stateIs("on your PDS");
  expect(await page.getByTestId(`comment-text-${id}`).textContent()).toBe("what a <b>bass</b>");

  await page.getByTestId(`comment-remove-${id}`).click();
  await row.waitFor({ state: "detached" });
  expect(await commentRecords()).toEqual([]);
}, 60_000);

test("the seeded tracks can be heard", async () => {
  await page.goto(world.url);
  const track = await firstTrack();
  await page.getByTestId(`play-${track}`).click();
  await expect
    .poll(() => page.evaluate<number>("document.querySelector('audio').currentTime"))
    .toBeGreaterThan(0);
}, 60_000);

// The last one: nobody is signed in afterwards.
test("a person makes a token, and deletes their account with the records that were written for it", async () => {
  await page.goto(world.url);
  const track = await firstTrack();
  await page.getByTestId(`heart-${track}`).click();
  await expect
    .poll(() => page.getByTestId(`write-state-${track}`).textContent(), { timeout: 10_000 })
    .toContain("on your PDS");
  const uri = (await page.getByTestId(`write-uri-${track}`).textContent()) ?? "";

  await page.getByTestId("account").locator("summary").click();
  await page.getByTestId("nothing-waits").waitFor();
  await page.getByTestId("token-name").fill("my script");
  await page.getByTestId("make-token").click();
  const token = (await page.getByTestId("new-token").textContent()) ?? "";
  const asked = () => fetch(`${world.url}/me`, { headers: { authorization: `Bearer ${token}` } });
  expect(await (await asked()).json()).toMatchObject({ handle: world.listener.handle });

  await page.getByTestId("delete-account").click();
  await page.getByTestId("remove-records").check();
  await page.getByTestId("confirm-handle").fill("somebody.else");
  await page.getByTestId("delete-account-really").click();
  await page.getByText(`must be your handle, ${world.listener.handle}`).waitFor();
  await page.getByTestId("confirm-handle").fill(world.listener.handle);
  await page.getByTestId("delete-account-really").click();
  await page.getByTestId("sign-in").waitFor();
  await expect
    .poll(() => page.getByTestId("departure").textContent(), { timeout: 20_000 })
    .toContain("Your account here is deleted");
  expect((await recordAt(uri)).status).toBe(400);
  expect((await asked()).status).toBe(401);
}, 90_000);
