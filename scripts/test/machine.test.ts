import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { neededPrograms, preparePrograms } from "../machine.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plyr-machine-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "postgresql/15/bin"), { recursive: true });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function program(path: string, script = "") {
  writeFileSync(join(folder, path), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, path), 0o755);
}

/** An apt-get that writes down how it was called, and installs Chromium whatever it was asked for. */
function aptGet() {
  program("bin/env", 'exec /usr/bin/env "$@"');
  program("chromium-package");
  program(
    "bin/apt-get",
    `echo "$DEBIAN_FRONTEND $*" >> ${folder}/calls\n/bin/cp ${folder}/chromium-package ${folder}/bin/chromium`,
  );
}

function calls() {
  return readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
}

function prepare({ root }: { root: boolean }) {
  const said: string[] = [];
  const machine = {
    path: join(folder, "bin"),
    postgresVersions: join(folder, "postgresql"),
    games: join(folder, "games"),
    root,
  };
  const ready = preparePrograms(machine, (line) => said.push(line));
  return { ready, said: said.join("\n") };
}

function allBut(missing: string) {
  const programs = [
    "bin/redis-server",
    "bin/ffmpeg",
    "bin/openssl",
    "bin/unzip",
    "postgresql/15/bin/initdb",
    "postgresql/15/bin/postgres",
    "bin/chromium",
  ];
  for (const path of programs) if (!path.endsWith(missing)) program(path);
  const games = neededPrograms.flatMap(({ games = [] }) => games);
  for (const game of games) if (game !== missing) mkdirSync(join(folder, "games", game), { recursive: true });
}

describe("the programs that the tests need", () => {
  it("are left alone when they are all there", () => {
    allBut("nothing");
    expect(prepare({ root: true })).toEqual({ ready: true, said: "" });
  });

  it("are found where pg_config says", () => {
    allBut("postgres");
    mkdirSync(join(folder, "elsewhere"));
    program("elsewhere/postgres");
    program("bin/pg_config", `echo ${folder}/elsewhere`);
    expect(prepare({ root: false }).ready).toBe(true);
  });

  it("are installed with apt-get by root", () => {
    allBut("chromium");
    aptGet();
    expect(prepare({ root: true }).ready).toBe(true);
    expect(calls()).toEqual([
      "noninteractive -o DPkg::Lock::Timeout=300 update",
      "noninteractive -o DPkg::Lock::Timeout=300 install -y --no-install-recommends chromium fonts-liberation",
    ]);
  });

  it("are installed through sudo where it asks for no password", () => {
    allBut("chromium");
    aptGet();
    program(
      "bin/sudo",
      `[ "$1" = -n ] && shift && if [ "$1" != true ]; then echo sudo >> ${folder}/calls; exec "$@"; fi`,
    );
    expect(prepare({ root: false }).ready).toBe(true);
    expect(calls()[0]).toBe("sudo");
  });

  it.each([
    { missing: "redis-server", packages: "redis-server" },
    { missing: "initdb", packages: "postgresql" },
    { missing: "postgres", packages: "postgresql" },
    { missing: "ffmpeg", packages: "ffmpeg" },
    { missing: "chromium", packages: "chromium fonts-liberation" },
    { missing: "gunroar", packages: "a7xpg-data gunroar-data" },
  ])(
    "are named with what to install when $missing is missing and apt-get can't be used",
    ({ missing, packages }) => {
      allBut(missing);
      aptGet();
      const { ready, said } = prepare({ root: false });
      expect(ready).toBe(false);
      expect(said).toContain(`sudo apt-get install ${packages}`);
    },
  );

  it("are named as missing when apt-get didn't bring them", () => {
    allBut("redis-server");
    aptGet();
    const { ready, said } = prepare({ root: true });
    expect(ready).toBe(false);
    expect(said).toContain("not found on this machine: Redis server (redis-server)");
  });
});
