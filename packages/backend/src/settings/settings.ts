import { resolve } from "node:path";
import { z } from "zod";
import type { TealCollections } from "../records/collections.js";
import type { Role } from "./role.js";
import type { ScanSettings } from "../scans/open.js";
import { monitoringSettings, type MonitoringSettings } from "./monitoring-settings.js";
import type { OauthKey } from "./oauth-keys.js";
import { scanSettings } from "./scan-settings.js";
import { isSettingName, type SettingName } from "./setting-names.js";
import { SettingsError } from "./settings-error.js";
import { storageSettings, type StorageSettings } from "./storage-settings.js";
import { variables } from "./variables.js";

/** Everything that a process of the service can be told from outside, checked. */
export interface Settings {
  role: Role;
  environment: "production" | "development";
  http: {
    host: string;
    /** Null: this process answers no HTTP (a worker whose PORT is not set). */
    port: number | null;
    /** The origin under which browsers reach the service. */
    publicUrl: string;
    /** From when the process says that it isn't ready to when it takes no more requests; milliseconds, at most 60,000. */
    notice: number;
    /** Folder of the built pages, absolute. */
    webDir: string;
  };
  database: {
    /** Postgres; undefined: embedded, in `dataDir`. */
    url: string | undefined;
    /** Absolute. */
    dataDir: string;
  };
  /** Where files are kept. */
  storage: StorageSettings;
  /** The largest file that is taken in, in bytes. */
  maxUploadBytes: number;
  scans: ScanSettings;
  /** Gets notices for the operator. May hold a credential. */
  operatorWebhookUrl: string | undefined;
  /** For how long an export can be downloaded; milliseconds. */
  exportKeep: number;
  docket: {
    /** Undefined: docket is disabled and tasks run in process. */
    url: string | undefined;
    /** Certificates that a `rediss://` server's may be signed by; undefined: those that Node trusts. Absolute. */
    caFile: string | undefined;
    /** What a server that asks is shown, and its key; both or neither. Absolute. */
    certFile: string | undefined;
    keyFile: string | undefined;
    name: string;
    /** Tasks at a time in this process, 1–1000. */
    concurrency: number;
    /** How long an idle worker sleeps between two signs of life; milliseconds, 1,000–125,000. */
    sleep: number;
    /** Commands to Redis that a day may cost. */
    budget: number;
  };
  /** Between two looks for what is wrong; milliseconds. */
  alertsEvery: number;
  /** 32 bytes each: the first encrypts, all decrypt. Empty in development when none is set: see `loadSessionKeys`. */
  sessionKeys: Buffer[];
  /** With which we prove to PDSs who we are; none: a public client. */
  oauthKeys: OauthKey[];
  /** Who may do over HTTP what operators do. */
  adminDids: string[];
  /** What the NSIDs of our collections begin with. */
  collectionNamespace: string;
  /** Where plays are kept for those who want them scrobbled. */
  teal: TealCollections;
  monitoring: MonitoringSettings;
  plcUrl: string;
  handleResolverUrl: string | undefined;
  logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}

const environmentSchema = z.object(
  // Spelled out because a mapped type would lose each variable's own type.
  {
    HOST: variables.HOST.schema,
    PORT: variables.PORT.schema,
    PUBLIC_URL: variables.PUBLIC_URL.schema,
    PLYR_ENV: variables.PLYR_ENV.schema,
    DATABASE_URL: variables.DATABASE_URL.schema,
    DATA_DIR: variables.DATA_DIR.schema,
    STORAGE_DIR: variables.STORAGE_DIR.schema,
    S3_BUCKET: variables.S3_BUCKET.schema,
    S3_ENDPOINT: variables.S3_ENDPOINT.schema,
    S3_REGION: variables.S3_REGION.schema,
    S3_ACCESS_KEY_ID: variables.S3_ACCESS_KEY_ID.schema,
    S3_SECRET_ACCESS_KEY: variables.S3_SECRET_ACCESS_KEY.schema,
    MAX_UPLOAD_BYTES: variables.MAX_UPLOAD_BYTES.schema,
    AUDD_TOKEN: variables.AUDD_TOKEN.schema,
    AUDD_URL: variables.AUDD_URL.schema,
    AUDD_DAILY_CALLS: variables.AUDD_DAILY_CALLS.schema,
    FFMPEG: variables.FFMPEG.schema,
    OPERATOR_WEBHOOK_URL: variables.OPERATOR_WEBHOOK_URL.schema,
    EXPORT_KEEP: variables.EXPORT_KEEP.schema,
    DOCKET_URL: variables.DOCKET_URL.schema,
    DOCKET_CA_FILE: variables.DOCKET_CA_FILE.schema,
    DOCKET_CERT_FILE: variables.DOCKET_CERT_FILE.schema,
    DOCKET_KEY_FILE: variables.DOCKET_KEY_FILE.schema,
    DOCKET_NAME: variables.DOCKET_NAME.schema,
    DOCKET_WORKER_CONCURRENCY: variables.DOCKET_WORKER_CONCURRENCY.schema,
    DOCKET_WORKER_SLEEP: variables.DOCKET_WORKER_SLEEP.schema,
    REDIS_DAILY_COMMANDS: variables.REDIS_DAILY_COMMANDS.schema,
    ALERTS_EVERY: variables.ALERTS_EVERY.schema,
    SHUTDOWN_NOTICE: variables.SHUTDOWN_NOTICE.schema,
    SESSION_KEY: variables.SESSION_KEY.schema,
    OAUTH_KEYS: variables.OAUTH_KEYS.schema,
    ADMIN_DIDS: variables.ADMIN_DIDS.schema,
    COLLECTION_NAMESPACE: variables.COLLECTION_NAMESPACE.schema,
    TEAL_PLAY_COLLECTION: variables.TEAL_PLAY_COLLECTION.schema,
    TEAL_STATUS_COLLECTION: variables.TEAL_STATUS_COLLECTION.schema,
    OTEL_EXPORTER_OTLP_ENDPOINT: variables.OTEL_EXPORTER_OTLP_ENDPOINT.schema,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: variables.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.schema,
    OTEL_EXPORTER_OTLP_HEADERS: variables.OTEL_EXPORTER_OTLP_HEADERS.schema,
    OTEL_SERVICE_NAME: variables.OTEL_SERVICE_NAME.schema,
    RECORDS_KEEP: variables.RECORDS_KEEP.schema,
    RECORDS_MOST: variables.RECORDS_MOST.schema,
    TRACES_PER_SECOND: variables.TRACES_PER_SECOND.schema,
    METRICS_TOKEN: variables.METRICS_TOKEN.schema,
    PLC_URL: variables.PLC_URL.schema,
    HANDLE_RESOLVER_URL: variables.HANDLE_RESOLVER_URL.schema,
    LOG_LEVEL: variables.LOG_LEVEL.schema,
    WEB_DIR: variables.WEB_DIR.schema,
  } satisfies Record<SettingName, z.ZodType>,
);

const DEFAULT_PORT = 8000;

export interface ParseOptions {
  /** Default true. An operator's command stores no grants: it is not asked for SESSION_KEY. */
  encrypts?: boolean;
}

/**
 * Checks the environment and derives the settings of one process. An empty variable counts as unset.
 *
 * @throws {SettingsError} listing every problem at once, never the value of a secret
 */
export function parseSettings(
  env: Record<string, string | undefined>,
  role: Role = "all",
  { encrypts = true }: ParseOptions = {},
): Settings {
  const given = Object.fromEntries(
    Object.keys(variables).map((name) => [name, env[name] === "" ? undefined : env[name]]),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    // A value that breaks two rules is one problem.
    throw new SettingsError([...new Set(parsed.error.issues.map((issue) => describe(issue, given)))]);
  }
  const values = parsed.data;

  const storage = storageSettings(values, role);
  const problems = [
    ...demandSharedParts(role, values.DOCKET_URL, values.DATABASE_URL),
    ...refuseIdleCertificates(values),
    ...(encrypts ? demandSessionKey(values.PLYR_ENV, values.SESSION_KEY) : []),
  ];
  if ("problems" in storage) throw new SettingsError([...problems, ...storage.problems]);
  if (problems.length > 0) throw new SettingsError(problems);

  const port = values.PORT ?? (role === "worker" ? null : DEFAULT_PORT);
  return {
    role,
    environment: values.PLYR_ENV,
    http: {
      host: values.HOST,
      port,
      publicUrl: values.PUBLIC_URL ?? `http://127.0.0.1:${String(port ?? DEFAULT_PORT)}`,
      notice: values.SHUTDOWN_NOTICE,
      webDir: resolve(values.WEB_DIR ?? new URL("../../../web/dist", import.meta.url).pathname),
    },
    database: { url: values.DATABASE_URL, dataDir: resolve(values.DATA_DIR) },
    storage,
    maxUploadBytes: values.MAX_UPLOAD_BYTES,
    scans: scanSettings(values),
    operatorWebhookUrl: values.OPERATOR_WEBHOOK_URL,
    exportKeep: values.EXPORT_KEEP,
    docket: {
      url: values.DOCKET_URL,
      caFile: resolved(values.DOCKET_CA_FILE),
      certFile: resolved(values.DOCKET_CERT_FILE),
      keyFile: resolved(values.DOCKET_KEY_FILE),
      name: values.DOCKET_NAME,
      concurrency: values.DOCKET_WORKER_CONCURRENCY,
      sleep: values.DOCKET_WORKER_SLEEP * 1_000,
      budget: values.REDIS_DAILY_COMMANDS,
    },
    alertsEvery: values.ALERTS_EVERY,
    sessionKeys: values.SESSION_KEY ?? [],
    oauthKeys: values.OAUTH_KEYS ?? [],
    adminDids: values.ADMIN_DIDS,
    collectionNamespace:
      values.COLLECTION_NAMESPACE ?? (values.PLYR_ENV === "development" ? "fm.plyr.dev" : "fm.plyr"),
    teal: { play: values.TEAL_PLAY_COLLECTION, status: values.TEAL_STATUS_COLLECTION },
    monitoring: monitoringSettings(values),
    plcUrl: values.PLC_URL,
    handleResolverUrl: values.HANDLE_RESOLVER_URL,
    logLevel: values.LOG_LEVEL,
  };
}

function describe(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = issue.path[0];
  if (!isSettingName(name)) return issue.message;
  const definition = variables[name];
  const value = given[name] ?? "";
  const shown = "secret" in definition ? "not usable" : JSON.stringify(value.slice(0, 80));
  return `${name} is ${shown}: allowed is ${definition.allowed}`;
}

/** Two processes work together only through a shared queue and a shared database. */
function demandSharedParts(role: Role, docketUrl: string | undefined, databaseUrl: string | undefined) {
  if (role === "all") return [];
  const missing = [
    ...(docketUrl === undefined ? ["DOCKET_URL"] : []),
    ...(databaseUrl === undefined ? ["DATABASE_URL"] : []),
  ];
  if (missing.length === 0) return [];
  const reason =
    "api and worker are two processes that meet in Redis and Postgres; set both, or run one process with --role all";
  return [
    `--role is "${role}" but ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not set: ${reason}`,
  ];
}

function resolved(file: string | undefined): string | undefined {
  return file === undefined ? undefined : resolve(file);
}

const CERTIFICATE_FILES = ["DOCKET_CA_FILE", "DOCKET_CERT_FILE", "DOCKET_KEY_FILE"] as const;

/** Whoever names a certificate believes that the connection is encrypted; one without its key proves nothing. */
function refuseIdleCertificates(
  values: Partial<Record<(typeof CERTIFICATE_FILES)[number] | "DOCKET_URL", string | undefined>>,
): string[] {
  const { DOCKET_URL: url, DOCKET_CERT_FILE: cert, DOCKET_KEY_FILE: key } = values;
  const idle = url === undefined || url.startsWith("rediss") ? [] : CERTIFICATE_FILES;
  return [
    ...idle
      .filter((name) => values[name] !== undefined)
      .map(
        (name) =>
          `${name} is set but DOCKET_URL does not begin with rediss: such a connection uses no certificate`,
      ),
    ...((cert === undefined) === (key === undefined)
      ? []
      : ["DOCKET_CERT_FILE and DOCKET_KEY_FILE go together: set both, or neither"]),
  ];
}

function demandSessionKey(environment: "production" | "development", keys: Buffer[] | undefined): string[] {
  if (environment === "development" || keys !== undefined) return [];
  return [`SESSION_KEY is not set: production demands ${variables.SESSION_KEY.allowed}`];
}
