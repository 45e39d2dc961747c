import { isValidDid, isValidNsid } from "@atproto/syntax";
import { isRedisUrl } from "@plyr/docket";
import { z } from "zod";
import { otlpHeaders } from "./otlp-headers.js";
import { collectionsOf, namesTeal, teal } from "../records/collections.js";
import { oauthKeys } from "./oauth-keys.js";

/** One environment variable (what it is for stands in `purposes.ts`): how it is read, and what to tell whoever set it wrongly. */
interface Variable<Schema extends z.ZodType> {
  schema: Schema;
  /** Completes the sentence "allowed is …". */
  allowed: string;
  /** Its value (or a part of it) is a credential and never shows in an error. */
  secret?: true;
}

function variable<Schema extends z.ZodType>(definition: Variable<Schema>): Variable<Schema> {
  return definition;
}

const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(min).max(max));

/** @param text a whole number with its unit, as in `12h` */
function inMilliseconds(text: string): number {
  const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(text.slice(0, -1)) * (units[text.slice(-1)] ?? Number.NaN);
}

const time = (shape: RegExp, least: number, most: number) =>
  z.string().regex(shape).transform(inMilliseconds).pipe(z.number().min(least).max(most));

function url(protocols: string[]) {
  const isAllowed = (value: string) => URL.canParse(value) && protocols.includes(new URL(value).protocol);
  return z.string().refine(isAllowed, { abort: true });
}

/** An http(s) URL that is nothing but an origin. */
const origin = url(["http:", "https:"])
  .refine(
    (value) => {
      const { pathname, search, hash, username, password } = new URL(value);
      return pathname === "/" && search + hash + username + password === "";
    },
    { abort: true },
  )
  .transform((value) => new URL(value).origin);

/** Whether an origin is this machine by address. `localhost` is not: OAuth demands the address for loopback clients. */
export function isLoopback(publicUrl: string): boolean {
  return ["127.0.0.1", "[::1]"].includes(new URL(publicUrl).hostname);
}

/** Separated by commas; spaces around them don't matter. */
const dids = z
  .string()
  .transform((value) => [...new Set(value.split(",").map((did) => did.trim()))].filter((did) => did !== ""))
  .refine((each) => each.every((did) => isValidDid(did)));

export const variables = {
  HOST: variable({
    schema: z
      .string()
      .regex(/^[A-Za-z0-9.:-]{1,253}$/)
      .default("127.0.0.1"),
    allowed: "an address or name to listen on, such as 127.0.0.1 or 0.0.0.0",
  }),
  PORT: variable({ schema: wholeNumber(1, 65_535).optional(), allowed: "a whole number from 1 to 65535" }),
  PUBLIC_URL: variable({
    schema: origin.refine((value) => value.startsWith("https:") || isLoopback(value)).optional(),
    allowed:
      "an https:// URL without a path, or http:// with 127.0.0.1 or [::1] (sign-in allows no other plain HTTP)",
  }),
  PLYR_ENV: variable({
    schema: z.enum(["production", "development"]).default("production"),
    allowed: "production or development",
  }),
  DATABASE_URL: variable({
    schema: url(["postgres:", "postgresql:"]).optional(),
    allowed: "a postgres:// URL, or unset for the embedded database in DATA_DIR",
    secret: true,
  }),
  DATA_DIR: variable({ schema: z.string().default(".plyr/data"), allowed: "a folder" }),
  STORAGE_DIR: variable({
    schema: z.string().optional(),
    allowed: "a folder, shared by all processes; unset: DATA_DIR/storage, or the bucket of the S3_ variables",
  }),
  S3_BUCKET: variable({
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .optional(),
    allowed: "a bucket's name: 3 to 63 small letters, digits, dots or dashes",
  }),
  S3_ENDPOINT: variable({
    schema: url(["http:", "https:"]).optional(),
    allowed: "an http:// or https:// URL",
  }),
  S3_REGION: variable({
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/)
      .default("auto"),
    allowed: "a region such as eu-central-1, or auto",
  }),
  S3_ACCESS_KEY_ID: variable({
    schema: z.string().max(256).optional(),
    allowed: "the bucket's access key id",
    secret: true,
  }),
  S3_SECRET_ACCESS_KEY: variable({
    schema: z.string().max(1024).optional(),
    allowed: "the bucket's secret access key",
    secret: true,
  }),
  MAX_UPLOAD_BYTES: variable({
    schema: wholeNumber(1_024, 10_737_418_240).default(536_870_912),
    allowed: "a whole number of bytes from 1024 to 10737418240",
  }),
  AUDD_TOKEN: variable({
    schema: z.string().min(1).max(256).optional(),
    allowed: "AuDD's API token, or unset for the built-in scanner",
    secret: true,
  }),
  AUDD_URL: variable({
    schema: url(["http:", "https:"]).default("https://enterprise.audd.io/"),
    allowed: "an http:// or https:// URL",
  }),
  AUDD_DAILY_CALLS: variable({
    schema: wholeNumber(1, 100_000).default(100),
    allowed: "a whole number from 1 to 100000",
  }),
  FFMPEG: variable({
    schema: z.string().min(1).default("ffmpeg"),
    allowed: "the name or path of the program ffmpeg",
  }),
  OPERATOR_WEBHOOK_URL: variable({
    schema: url(["http:", "https:"]).optional(),
    allowed: "an http:// or https:// URL, or unset to keep notices for the operator's commands",
    secret: true,
  }),
  EXPORT_KEEP: variable({
    schema: time(/^\d{1,4}[mhd]$/, 60_000, 7_776_000_000).prefault("7d"),
    allowed: "a time from 1m to 90d, as in 12h",
  }),
  DOCKET_URL: variable({
    schema: z.string().refine(isRedisUrl, { abort: true }).optional(),
    allowed:
      "a redis://, rediss:// or unix: URL, or one of redis+sentinel:// or redis+cluster:// (rediss+…), or unset to run tasks in process",
    secret: true,
  }),
  DOCKET_CA_FILE: variable({
    schema: z.string().optional(),
    allowed: "a file of certificates (PEM), or unset to trust those that Node trusts",
  }),
  DOCKET_CERT_FILE: variable({
    schema: z.string().optional(),
    allowed: "a file with a certificate (PEM), together with DOCKET_KEY_FILE, or unset to show none",
  }),
  DOCKET_KEY_FILE: variable({
    schema: z.string().optional(),
    allowed: "a file with the private key (PEM) of DOCKET_CERT_FILE, or unset",
  }),
  DOCKET_NAME: variable({
    schema: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/)
      .default("plyr"),
    allowed: "1 to 64 letters, digits, dots, dashes or underscores",
  }),
  DOCKET_WORKER_CONCURRENCY: variable({
    schema: wholeNumber(1, 1000).default(10),
    allowed: "a whole number from 1 to 1000",
  }),
  DOCKET_WORKER_SLEEP: variable({
    schema: z
      .string()
      .regex(/^\d+s$/)
      .transform((text) => Number(text.slice(0, -1)))
      .pipe(z.number().int().min(1).max(125))
      .prefault("125s"),
    allowed: "1s to 125s",
  }),
  REDIS_DAILY_COMMANDS: variable({
    schema: wholeNumber(1, 1_000_000_000).default(10_000),
    allowed: "a whole number from 1 to 1000000000",
  }),
  ALERTS_EVERY: variable({
    schema: time(/^\d+[smh]$/, 1_000, 86_400_000).prefault("10m"),
    allowed: "a time from 1s to 24h, as in 10m",
  }),
  SHUTDOWN_NOTICE: variable({
    schema: time(/^\d+s$/, 0, 60_000).prefault("0s"),
    allowed: "0s to 60s",
  }),
  SESSION_KEY: variable({
    schema: z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=(,[A-Za-z0-9+/]{43}=){0,9}$/)
      .transform((value) => value.split(",").map((key) => Buffer.from(key, "base64")))
      .optional(),
    allowed:
      "32 bytes in base64, as `openssl rand -base64 32` prints them; or up to 10 such keys, separated by commas",
    secret: true,
  }),
  OAUTH_KEYS: variable({
    schema: oauthKeys.optional(),
    allowed:
      "a JSON key set, as `npm run plyr -- oauth-key` prints it, or unset to be a public OAuth client, " +
      "whose grants end after two weeks",
    secret: true,
  }),
  ADMIN_DIDS: variable({
    schema: dids.default([]),
    allowed:
      "the DIDs of those who may do what operators do, separated by commas, such as did:plc:abc,did:web:example.com",
  }),
  COLLECTION_NAMESPACE: variable({
    schema: z
      .string()
      .refine((value) => isValidNsid(collectionsOf(value).like))
      .optional(),
    allowed: "the beginning of an NSID with two parts or more, such as fm.plyr",
  }),
  TEAL_PLAY_COLLECTION: variable({
    schema: z
      .string()
      .refine((value) => isValidNsid(value) && namesTeal(value, "play"))
      .default(teal.play),
    allowed: `the NSID of teal's plays in one of its namespaces, such as ${teal.play}`,
  }),
  TEAL_STATUS_COLLECTION: variable({
    schema: z
      .string()
      .refine((value) => isValidNsid(value) && namesTeal(value, "status"))
      .default(teal.status),
    allowed: `the NSID of teal's status in one of its namespaces, such as ${teal.status}`,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable({
    schema: url(["http:", "https:"]).optional(),
    allowed: "the http:// or https:// URL of an OTLP receiver, or unset to send it nothing",
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: variable({
    schema: url(["http:", "https:"]).optional(),
    allowed: "the http:// or https:// URL to which an OTLP receiver takes traces, path and all",
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_HEADERS: variable({
    schema: otlpHeaders,
    allowed: "what an OTLP receiver wants to be sent along, as in name=value,name=value",
    secret: true,
  }),
  OTEL_SERVICE_NAME: variable({
    schema: z
      .string()
      .regex(/^[\w.:/-]{1,100}$/)
      .default("plyr"),
    allowed: "1 to 100 letters, digits and . : / _ -",
  }),
  RECORDS_KEEP: variable({
    schema: z
      .string()
      .regex(/^\d{1,4}[mhd]$/)
      .transform(inMilliseconds)
      .pipe(z.number().min(60_000).max(31_536_000_000))
      .prefault("7d"),
    allowed: "a time from 1m to 365d, as in 12h",
  }),
  RECORDS_MOST: variable({
    schema: wholeNumber(1_000, 100_000_000).prefault("200000"),
    allowed: "a whole number from 1000 to 100000000",
  }),
  TRACES_PER_SECOND: variable({
    schema: wholeNumber(0, 10_000).prefault("20"),
    allowed: "a whole number from 0 (only what fails is recorded) to 10000",
  }),
  METRICS_TOKEN: variable({
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{16,200}$/)
      .optional(),
    allowed: "16 to 200 visible characters, or unset to answer nobody at /metrics",
    secret: true,
  }),
  PLC_URL: variable({
    schema: origin.default("https://plc.directory"),
    allowed: "an http:// or https:// URL without a path",
  }),
  HANDLE_RESOLVER_URL: variable({
    schema: origin.optional(),
    allowed: "an http:// or https:// URL without a path, or unset to resolve handles by DNS and HTTPS",
  }),
  LOG_LEVEL: variable({
    schema: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    allowed: "fatal, error, warn, info, debug, trace or silent",
  }),
  WEB_DIR: variable({ schema: z.string().optional(), allowed: "the folder of the built pages" }),
};
