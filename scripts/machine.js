// Plain JavaScript that Node 20 runs: this comes before anything is built.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * A program that the tests start, or files that they read.
 * @typedef {object} Program
 * @property {string} title what it is, for people
 * @property {string[][]} executables each inner list: one of these file names must be found
 * @property {string[]} [games] folders among those of the games that must be there
 * @property {string[]} packages Debian's packages that bring it
 */

/** @type {readonly Program[]} */
export const neededPrograms = [
  { title: "Redis server", executables: [["redis-server", "valkey-server"]], packages: ["redis-server"] },
  {
    title: "PostgreSQL server programs",
    executables: [["initdb"], ["postgres"]],
    packages: ["postgresql"],
  },
  { title: "FFmpeg, which makes audio of every format", executables: [["ffmpeg"]], packages: ["ffmpeg"] },
  { title: "OpenSSL, which makes certificates", executables: [["openssl"]], packages: ["openssl"] },
  { title: "unzip, which opens what is exported", executables: [["unzip"]], packages: ["unzip"] },
  {
    title: "Chromium",
    executables: [["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]],
    // The fonts are only recommended by the package, but a page without any has no text.
    packages: ["chromium", "fonts-liberation"],
  },
  {
    // 32 MB, under the BSD licence: what the copyright scanner is measured on.
    title: "Music of eight games",
    executables: [],
    games: [
      "a7xpg",
      "gunroar",
      "mu-cade",
      "parsec47",
      "rrootage",
      "titanion",
      "torus-trooper",
      "val-and-rick",
    ],
    packages: [
      ...["a7xpg-data", "gunroar-data", "mu-cade-data", "parsec47-data"],
      ...["rrootage-data", "titanion-data", "torus-trooper-data", "val-and-rick-data"],
    ],
  },
];

/**
 * Where to look and what may be done there.
 * @typedef {object} Machine
 * @property {string} path folders to search, as in PATH
 * @property {string} postgresVersions folder with one folder per PostgreSQL version: Debian keeps the server
 *   programs off PATH
 * @property {string} games folder with one folder per game's data
 * @property {boolean} root whether this process may install packages itself
 */

/** @returns {Machine} the machine this process runs on */
export function thisMachine() {
  return {
    path: process.env["PATH"] ?? "",
    postgresVersions: "/usr/lib/postgresql",
    games: "/usr/share/games",
    root: process.getuid?.() === 0,
  };
}

/**
 * Finds the programs, or installs the missing ones with apt where that is allowed without a password.
 * @param {Machine} machine
 * @param {(line: string) => void} say
 * @returns {boolean} false when something is still missing; then it has been said what to install
 */
export function preparePrograms(machine, say) {
  const missing = missingPrograms(machine);
  if (missing.length === 0) return true;

  const packages = missing.flatMap((program) => program.packages);
  const prefix = rightToInstall(machine);
  if (prefix !== undefined) {
    say(`The tests need ${list(missing)}: installing ${packages.join(" ")} with apt-get.`);
    if (!installWithApt(machine, prefix, packages)) say("apt-get failed; its own message is above.");
  }

  const stillMissing = missingPrograms(machine);
  if (stillMissing.length === 0) return true;
  say(`The tests need programs that were not found on this machine: ${list(stillMissing)}.`);
  say("Install them, then run the tests again. On Debian:");
  say(`  sudo apt-get install ${stillMissing.flatMap((program) => program.packages).join(" ")}`);
  return false;
}

/** @param {Machine} machine */
function missingPrograms(machine) {
  const folders = [...pathFolders(machine), ...postgresFolders(machine)];
  return neededPrograms.filter(
    ({ executables, games = [] }) =>
      !executables.every((names) => names.some((name) => isIn(folders, name))) ||
      !games.every((game) => existsSync(join(machine.games, game))),
  );
}

/** @param {Machine} machine */
function pathFolders({ path }) {
  return path.split(delimiter).filter((folder) => folder !== "");
}

/** @param {Machine} machine */
function postgresFolders(machine) {
  const told = isIn(pathFolders(machine), "pg_config")
    ? [spawnSync("pg_config", ["--bindir"], { env: { PATH: machine.path }, encoding: "utf8" }).stdout.trim()]
    : [];
  if (!existsSync(machine.postgresVersions)) return told;
  const versions = readdirSync(machine.postgresVersions);
  return [...told, ...versions.map((version) => join(machine.postgresVersions, version, "bin"))];
}

/**
 * @param {string[]} folders
 * @param {string} name
 */
function isIn(folders, name) {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * @param {Machine} machine
 * @returns {string[] | undefined} what to put before a command so that it may install; undefined: it may not
 */
function rightToInstall(machine) {
  const folders = pathFolders(machine);
  if (!isIn(folders, "apt-get")) return undefined;
  if (machine.root) return [];
  if (isIn(folders, "sudo") && run(machine, ["sudo", "-n", "true"], "ignore")) return ["sudo", "-n"];
  return undefined;
}

/**
 * @param {Machine} machine
 * @param {string[]} prefix
 * @param {string[]} packages
 */
function installWithApt(machine, prefix, packages) {
  // RUNLEVEL=1 keeps Debian's packages from starting a Redis or PostgreSQL of their own: the tests start theirs.
  const apt = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get"];
  const wait = ["-o", "DPkg::Lock::Timeout=300"];
  return (
    run(machine, [...apt, ...wait, "update"], "inherit") &&
    run(machine, [...apt, ...wait, "install", "-y", "--no-install-recommends", ...packages], "inherit")
  );
}

/**
 * @param {Machine} machine
 * @param {string[]} command
 * @param {"inherit" | "ignore"} output
 */
function run(machine, [program = "", ...args], output) {
  const env = { ...process.env, PATH: machine.path };
  return spawnSync(program, args, { env, stdio: ["ignore", output, output] }).status === 0;
}

/** @param {Program[]} programs */
function list(programs) {
  return programs
    .map(({ title, executables, games = [] }) => {
      const names = [...executables.map(([name]) => name), ...games];
      return `${title} (${names.join(", ")})`;
    })
    .join("; ");
}
