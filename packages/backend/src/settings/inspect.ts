import type { Role } from "./role.js";
import { defaultOf } from "./example-file.js";
import { isSettingName, settingNames, type SettingName } from "./setting-names.js";
import { SettingsError } from "./settings-error.js";
import { parseSettings } from "./settings.js";
import { variables } from "./variables.js";

/** One setting as a process of this environment would have it. */
export interface Standing {
  readonly name: SettingName;
  readonly from: "environment" | "default" | "unset";
  /** Null where it is unset, or a secret. */
  readonly value: string | null;
}

/** What an environment makes of the service. Nothing in it is a secret. */
export interface Inspection {
  readonly settings: readonly Standing[];
  /** A process would not start: each names the variable and what is allowed. */
  readonly wrong: readonly string[];
  /** It would, but is not to serve people like this. */
  readonly missing: readonly string[];
  /** It may well be meant. */
  readonly unusual: readonly string[];
}

/** Looks at what a process with this environment would be. Nothing is opened or asked. */
export function inspectSettings(env: Record<string, string | undefined>, role: Role): Inspection {
  const settings = settingNames.map((name) => standingOf(name, env[name]));
  const wrong = problemsOf(env, role);
  const given = (name: SettingName) => (env[name] === "" ? undefined : env[name]);
  const missing = missingFor(given, role)
    // What stops the process is said once.
    .filter(({ name }) => !wrong.some((each) => each.includes(name)))
    .map(({ name, why }) => `${name} ${why}`);
  return { settings, wrong, missing, unusual: [...strangers(env), ...oddities(given)] };
}

function problemsOf(env: Record<string, string | undefined>, role: Role): readonly string[] {
  try {
    parseSettings(env, role);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

function standingOf(name: SettingName, set: string | undefined): Standing {
  const given = set === "" ? undefined : set;
  const value = given ?? defaultOf(name);
  const from = given !== undefined ? "environment" : value === undefined ? "unset" : "default";
  return { name, from, value: "secret" in variables[name] ? null : (value ?? null) };
}

type Given = (name: SettingName) => string | undefined;

/** What production needs that a process would start without. */
function missingFor(given: Given, role: Role): { name: SettingName; why: string }[] {
  const publicUrl = given("PUBLIC_URL");
  const needs: [name: SettingName, lacks: boolean, why: string][] = [
    ["PLYR_ENV", given("PLYR_ENV") === "development", "is development, which trusts PDSs on this machine"],
    [
      "PUBLIC_URL",
      role !== "worker" && publicUrl?.startsWith("https:") !== true,
      "is not set to an https:// origin: nobody else could sign in",
    ],
    ["SESSION_KEY", given("SESSION_KEY") === undefined, "is not set: `plyr config keys` makes one"],
    [
      "OAUTH_KEYS",
      given("OAUTH_KEYS") === undefined,
      "is not set: people would have to sign in anew every two weeks; `plyr oauth-key` makes it",
    ],
    [
      "DATABASE_URL",
      given("DATABASE_URL") === undefined,
      "is not set: the embedded database is for one process on one disk",
    ],
    [
      "DOCKET_URL",
      given("DOCKET_URL") === undefined,
      "is not set: tasks run in the process that accepts them",
    ],
    [
      "S3_BUCKET",
      given("S3_BUCKET") === undefined && given("STORAGE_DIR") === undefined,
      "is not set: files would lie in DATA_DIR on this machine alone",
    ],
  ];
  return needs.flatMap(([name, lacks, why]) => (lacks ? [{ name, why }] : []));
}

function oddities(given: Given): string[] {
  const docketUrl = given("DOCKET_URL");
  return [
    ...(docketUrl !== undefined && isOpen(docketUrl)
      ? ["DOCKET_URL has neither TLS nor this machine in it: who is on the way reads and writes along"]
      : []),
    ...(given("OPERATOR_WEBHOOK_URL") === undefined && given("ADMIN_DIDS") === undefined
      ? ["neither OPERATOR_WEBHOOK_URL nor ADMIN_DIDS is set: alerts are only seen by who asks for them"]
      : []),
  ];
}

function isOpen(docketUrl: string): boolean {
  const { protocol, hostname = "" } = URL.parse(docketUrl) ?? {};
  // What fly.io calls .internal is inside its own encrypted network.
  const near = ["localhost", "127.0.0.1", "[::1]"].includes(hostname) || hostname.endsWith(".internal");
  return protocol === "redis:" && !near;
}

const PREFIXES = /^(PLYR|DOCKET|S3|AUDD|SESSION|RECORDS|TEAL)_/;

/** A misspelt name would be ignored in silence. */
function strangers(env: Record<string, string | undefined>): string[] {
  return Object.keys(env)
    .filter((name) => PREFIXES.test(name) && !isSettingName(name))
    .map((name) => `${name} is set, and is no setting of this service`);
}
