import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, Program, startPostgres } from "@plyr/dev";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { reachOperator } from "../../src/cli/reach.js";
import { lockFolder } from "../../src/database/folder-lock.js";
import { operatorSocket } from "../../src/operator/socket.js";
import { startService, type Service } from "../../src/service.js";
import { parseSettings } from "../../src/settings/settings.js";
import { openLog } from "../../src/telemetry/log.js";
import { command } from "./commanding.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-cli-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function begin(env: Record<string, string>): Promise<Service> {
  const port = String(await freePort());
  const settings = parseSettings({ PLYR_ENV: "development", PORT: port, ...env });
  return startService({ settings, log: openLog("silent") });
}

test("mistyped and misset, it says what is allowed, prints nothing else, and ends with 2", async () => {
  const mistyped = await command({ DATA_DIR: folder }, "stauts");
  expect(mistyped).toEqual({
    code: 2,
    stdout: "",
    stderr: "error: unknown command 'stauts'\n(Did you mean status?)\n",
  });
  const misset = await command({ DATA_DIR: folder, DATABASE_URL: "mysql://secret@somewhere" }, "status");
  expect(misset.code).toBe(2);
  expect(misset.stderr).toContain("DATABASE_URL is not usable: allowed is a postgres:// URL");
  expect(misset.stderr).not.toContain("secret");
});

describe("with the embedded database", () => {
  test("commands work while the service has it, through a socket that nobody else can open, and when nobody has it", async () => {
    const dataDir = join(folder, "embedded");
    const service = await begin({ DATA_DIR: dataDir });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => service.stop());
    const modes = await Promise.all(
      [join(dataDir, "operator"), operatorSocket(dataDir)].map(
        async (path) => (await stat(path)).mode & 0o777,
      ),
    );
    expect(modes.map((mode) => mode.toString(8))).toEqual(["700", "600"]);

    const beside = await command({ DATA_DIR: dataDir }, "status", "--json");
    expect(beside).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(beside.stdout)).toMatchObject({ people: 0, docket: { mode: "docket disabled" } });

    await service.stop();
    const alone = await command({ DATA_DIR: dataDir }, "status", "--json");
    expect([alone.code, alone.stderr]).toEqual([0, ""]);
    // What is in the memory of a process is its own.
    const told = [beside, alone].map(({ stdout }) =>
      z.looseObject({ tasks: z.unknown() }).parse(JSON.parse(stdout)),
    );
    expect(told[1]).toEqual({ ...told[0], tasks: [] });
  });

  test("a process that has the database and does not answer its operator is named", async () => {
    const dataDir = join(folder, "held");
    const lock = lockFolder(dataDir);
    try {
      const settings = parseSettings({ DATA_DIR: dataDir }, "all", { encrypts: false });
      await expect(reachOperator(settings, () => Promise.resolve(), { patience: 500 })).rejects.toThrow(
        `is open in another process (process ${String(process.pid)})`,
      );
    } finally {
      lock.release();
    }
  });
});

test("with Postgres, the program itself reads the database beside the service", async () => {
  await using postgres = await startPostgres();
  const env = { DATABASE_URL: await postgres.createDatabase(), DATA_DIR: join(folder, "server") };
  let printed = "";
  await using stack = new AsyncDisposableStack();
  const program = new Program({
    name: "plyr status",
    command: process.execPath,
    args: [join(import.meta.dirname, "../../dist/bin/plyr.js"), "status"],
    env: { PATH: process.env["PATH"], ...env },
    onOutput: (text) => {
      printed += text;
    },
  });
  stack.defer(() => program.close());
  await program.start();
  await program.ended();
  expect(printed).toBe("0 people, 0 of them must sign in again\ndocket: docket disabled\n");
  expect(program.exitCode).toBe(0);
});
