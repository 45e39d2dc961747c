import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { startKeeper } from "../processes/keeper.js";
import { findProgram } from "../processes/lookup.js";

/** Quiet (asks nobody for updates), and TCP only, so that loopback is all it speaks to. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface TestBrowser extends AsyncDisposable {
  /** Make a `newContext()` for each person. */
  readonly browser: Browser;
  /** Ends it and removes its profile. May be called twice. */
  close(): Promise<void>;
}

/** The path of a Chromium or Chrome on this machine, or undefined when there is none. */
export function findChromium(): string | undefined {
  return findProgram("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
}

/**
 * Starts a headless Chromium with a fresh profile.
 *
 * @throws when none is installed
 */
export async function launchBrowser(): Promise<TestBrowser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error("Chromium is not installed. On Debian: apt-get install chromium.");
  }
  const folder = mkdtempSync(join(tmpdir(), "plyr-chromium-"));
  const keeper = startKeeper("KILL", folder);
  const clean = (): void => {
    rmSync(folder, { recursive: true, force: true });
    keeper.release();
  };
  // A context of its own folder, because the other way of starting leaves its profile behind when we are killed.
  const context = await chromium
    .launchPersistentContext(join(folder, "profile"), {
      executablePath,
      headless: true,
      args: FLAGS,
      locale: "en-US",
      // It puts a socket there, outside of its profile.
      env: { ...process.env, TMPDIR: folder },
      artifactsDir: join(folder, "artifacts"),
    })
    .catch((error: unknown) => {
      clean();
      throw error;
    });
  try {
    const browser = context.browser();
    if (browser === null) throw new Error("Chromium started without a browser to make contexts in.");
    keeper.watch(await processOf(browser));
    const close = async (): Promise<void> => {
      await browser.close();
      clean();
    };
    return { browser, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await context.close();
    clean();
    throw error;
  }
}

/** The browser's process: it ends with our pipe, but only when it has gone can its folder be removed for good. */
async function processOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const main = processInfo.find(({ type }) => type === "browser");
  if (!main) throw new Error("Chromium does not say which process is its own.");
  return main.id;
}
