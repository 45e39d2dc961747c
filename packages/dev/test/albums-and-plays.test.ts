import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, type TestBrowser } from "../src/browser/chromium.js";
import { notes } from "../src/seed/notation.js";
import { MAJOR, synthesise } from "../src/seed/synthesise.js";
import { startWorld, type World } from "../src/world/world.js";
import { giveOwnPorts } from "./own-ports.js";

let folder: string;
let world: World;
let browser: TestBrowser;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-albums-"));
  await giveOwnPorts(folder);
  world = await startWorld({ folder, reset: false, env: {}, say: () => undefined });
  browser = await launchBrowser();
  page = await (await browser.browser.newContext({ locale: "en-US" })).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(world.url);
  await page.getByTestId("handle").fill(world.listener.handle);
  await page.getByTestId("sign-in-submit").click();
  await page.locator("input[type=password]").fill(world.listener.password);
  await page.locator("button[type=submit]").click();
  await consent();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function consent(): Promise<void> {
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.waitForURL((url) => url.origin === world.url);
  await page.getByTestId("signed-in-as").waitFor();
}

/** @returns the id of the track */
async function upload(title: string): Promise<string> {
  const { wav } = synthesise({
    ...{ beatsPerMinute: 240, root: 262, scale: MAJOR, melody: notes("0 2"), bass: notes("0:2") },
    ...{ harmonics: [1], fade: 0.2 },
  });
  const file = join(folder, `${title}.wav`);
  await writeFile(file, wav);
  await page.getByTestId("upload-file").setInputFiles(file);
  await page.getByTestId("upload-submit").click();
  await expect
    .poll(() => page.getByTestId("upload-state").textContent(), { timeout: 15_000 })
    .toContain(`“${title}” is on your PDS.`);
  const edit = page.getByRole("button", { name: `Edit ${title}` });
  return ((await edit.getAttribute("data-testid")) ?? "").replace("edit-", "");
}

test("an artist makes an album of their tracks and puts them in order, and it is on their PDS", async () => {
  const first = await upload("First");
  const second = await upload("Second");
  await page.getByTestId("album-title").fill("Two Tones");
  await page.getByTestId("album-create").click();
  const row = page.getByTestId("albums").locator("li[data-testid^=album-]").first();
  const id = ((await row.getAttribute("data-testid")) ?? "").replace("album-", "");
  await page.getByTestId(`album-open-${id}`).click();
  for (const track of [first, second]) {
    await page.getByTestId(`album-add-${id}`).selectOption(track);
    await page.getByTestId(`album-put-${id}`).click();
    await page.getByTestId(`album-off-${track}`).waitFor();
  }
  await page.getByTestId(`album-up-${second}`).click();
  const order = () => page.getByTestId(`album-tracks-${id}`).locator("li").allTextContents();
  await expect
    .poll(async () => (await order()).map((text) => /First|Second/.exec(text)?.[0]))
    .toEqual(["Second", "First"]);
  await expect
    .poll(() => page.getByTestId(`write-state-album-${id}`).textContent(), { timeout: 15_000 })
    .toContain("on your PDS");
  await page.getByTestId(`album-delete-${id}`).click();
  await row.waitFor({ state: "detached" });
}, 90_000);

test("a person allows scrobbling, listens, and sees the play counted and on their PDS", async () => {
  const track = await upload("Heard");
  const open = () => page.getByTestId("preferences").locator("summary").click();
  await open();
  await page.getByTestId("scrobble").check();
  await page.getByTestId("allow-scrobbling").click();
  await page.waitForURL((url) => url.origin !== world.url);
  // The PDS may know who it is still.
  const password = page.locator("input[type=password]");
  const authorize = page.getByRole("button", { name: "Authorize" });
  await password.or(authorize).first().waitFor();
  if (await password.isVisible()) {
    await password.fill(world.listener.password);
    await page.locator("button[type=submit]").click();
  }
  await consent();

  await page.getByTestId(`play-${track}`).click();
  await open();
  await page.getByTestId("scrobbles").getByText("Heard by").waitFor({ timeout: 15_000 });
  await expect
    .poll(() => page.getByTestId("scrobbles").textContent(), { timeout: 15_000 })
    .toContain("on your PDS");
  await page.reload();
  await expect.poll(() => page.getByTestId(`plays-${track}`).textContent()).toBe("1 play");
}, 90_000);
