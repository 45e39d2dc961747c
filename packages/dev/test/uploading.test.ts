import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, type TestBrowser } from "../src/browser/chromium.js";
import { MAJOR, synthesise } from "../src/seed/synthesise.js";
import { notes } from "../src/seed/notation.js";
import { startWorld, type World } from "../src/world/world.js";

let folder: string;
let world: World;
let browser: TestBrowser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-uploading-"));
  world = await startWorld({ folder, reset: false, env: {}, say: () => undefined });
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test("a person uploads a track, hears it, changes its title, takes it along in an export, and deletes it", async () => {
  const sound = synthesise({
    beatsPerMinute: 120,
    root: 262,
    scale: MAJOR,
    melody: notes("0 2 4 7"),
    bass: notes("0:4"),
    harmonics: [1],
    fade: 0.5,
  });
  const file = join(folder, "Four Notes.wav");
  await writeFile(file, sound.wav);
  const page = await (await browser.browser.newContext({ locale: "en-US" })).newPage();
  page.setDefaultTimeout(20_000);

  await page.goto(world.url);
  expect(await page.getByTestId("upload").count()).toBe(0);
  await page.getByTestId("handle").fill(world.listener.handle);
  await page.getByTestId("sign-in-submit").click();
  await page.locator("input[type=password]").fill(world.listener.password);
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.waitForURL((url) => url.origin === world.url);

  await page.getByTestId("upload-file").setInputFiles(file);
  await page.getByTestId("upload-submit").click();
  await expect
    .poll(() => page.getByTestId("upload-state").textContent(), { timeout: 15_000 })
    .toContain("“Four Notes” is on your PDS.");
  const edit = page.getByRole("button", { name: "Edit Four Notes" });
  const id = ((await edit.getAttribute("data-testid")) ?? "").replace("edit-", "");

  await page.getByTestId(`play-${id}`).click();
  await expect
    .poll(() => page.evaluate<number>("document.querySelector('audio').currentTime"))
    .toBeGreaterThan(0);

  await edit.click();
  await page.getByTestId(`edit-title-${id}`).fill("Three Notes and One");
  await page.getByTestId(`save-${id}`).click();
  await page.getByRole("heading", { name: "Three Notes and One" }).waitFor();

  await page.getByTestId("export-begin").click();
  const link = page.getByTestId("export-download");
  await link.waitFor();
  expect(await page.getByTestId("export-state").textContent()).toContain("1 track");
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  const archive = await readFile(await download.path());
  // Stored as it is, under the name that it has by now.
  expect(archive.includes(Buffer.from(sound.wav))).toBe(true);
  expect(archive.includes("audio/Three Notes and One.wav")).toBe(true);
  expect(download.suggestedFilename()).toMatch(/^plyr-lio\.test-\d{4}-\d\d-\d\d\.zip$/);
  await page.getByTestId("export-remove").click();
  await link.waitFor({ state: "detached" });

  await page.getByTestId(`delete-${id}`).click();
  await page.getByTestId(`delete-really-${id}`).click();
  await page.getByTestId(`track-${id}`).waitFor({ state: "detached" });

  const words = join(folder, "words.mp3");
  await writeFile(words, "no sound at all");
  await page.getByTestId("upload-file").setInputFiles(words);
  await page.getByTestId("upload-submit").click();
  await expect
    .poll(() => page.getByTestId("upload-state").textContent())
    .toContain("The file is no audio that we know");
}, 90_000);
