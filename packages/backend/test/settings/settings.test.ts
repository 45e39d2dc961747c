import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { makeClientKey } from "../../src/auth/client-keys.js";
import { teal } from "../../src/records/collections.js";
import { parseRole } from "../../src/settings/role.js";
import { SettingsError } from "../../src/settings/settings-error.js";
import { parseSettings } from "../../src/settings/settings.js";

const KEY = Buffer.alloc(32, 7).toString("base64");
const OTHER_KEY = Buffer.alloc(32, 8).toString("base64");
const oauthKey = makeClientKey();
const production = { SESSION_KEY: KEY };

/** The problems that these settings have; none when they are accepted. */
function problemsOf(act: () => unknown): readonly string[] {
  try {
    act();
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

describe("each variable", () => {
  test.each([
    ["HOST", ["0.0.0.0", "::1", "plyr.internal"], ["not a host", "a/b"]],
    ["PORT", ["1", "8000", "65535"], ["0", "65536", "-1", "80.5", "http", "1e3", " 80"]],
    [
      "PUBLIC_URL",
      ["https://plyr.fm", "http://127.0.0.1:9000", "http://[::1]:9000", "https://plyr.fm/"],
      [
        "http://plyr.fm",
        "http://localhost:8000",
        "ftp://plyr.fm",
        "https://plyr.fm/app",
        "https://a:b@plyr.fm",
        "plyr.fm",
      ],
    ],
    ["PLYR_ENV", ["production", "development"], ["staging", "PRODUCTION"]],
    ["DATABASE_URL", ["postgres://u:p@h/d", "postgresql://h/d"], ["mysql://h/d", "h/d"]],
    [
      "DOCKET_URL",
      [
        ...["redis://localhost:6379", "rediss://default:x@h:6379", "unix:/run/redis.sock"],
        ...["redis+sentinel://:x@a:26379,b/main", "rediss+cluster://a:6379,[::1]:6380"],
      ],
      ["http://h", "memory://", "localhost:6379", "redis+sentinel://a:26379"],
    ],
    ["STORAGE_DIR", ["/srv/audio", "audio"], []],
    ["MAX_UPLOAD_BYTES", ["1024", "10737418240"], ["1023", "10737418241", "1MB"]],
    ["EXPORT_KEEP", ["1m", "12h", "7d", "90d"], ["0m", "91d", "7", "7 days", "-1d", "1.5h", "30s"]],
    ["SHUTDOWN_NOTICE", ["0s", "60s"], ["61s", "1m", "-1s", "5"]],
    ["RECORDS_KEEP", ["1m", "7d", "365d"], ["0m", "366d", "7", "30s"]],
    ["RECORDS_MOST", ["1000", "100000000"], ["999", "100000001", "1e6"]],
    ["TRACES_PER_SECOND", ["0", "10000"], ["-1", "10001", "0.5"]],
    ["METRICS_TOKEN", ["x".repeat(16)], ["short", "with a blank in the middle"]],
    ["OTEL_SERVICE_NAME", ["plyr", "plyr-stg"], ["two words"]],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", ["https://logfire-api.pydantic.dev"], ["collector:4318", "grpc://h"]],
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ["https://h/v1/traces"], ["h"]],
    ["OTEL_EXPORTER_OTLP_HEADERS", ["Authorization=Bearer%20x", "a=b,c=d"], ["Authorization"]],
    ["S3_REGION", ["auto", "eu-central-1"], ["EU", "a/b"]],
    ["DOCKET_NAME", ["plyr", "plyr-stg.2_a"], ["a{b}", "two words", "x".repeat(65)]],
    ["DOCKET_WORKER_CONCURRENCY", ["1", "10", "1000"], ["0", "1001", "-5", "2.5", "ten", "Infinity"]],
    [
      "SESSION_KEY",
      [KEY, `${KEY},${OTHER_KEY}`, Array(10).fill(KEY).join()],
      [
        `${KEY},`,
        `${KEY},short`,
        Array(11).fill(KEY).join(),
        "short",
        Buffer.alloc(31).toString("base64"),
        Buffer.alloc(33).toString("base64"),
        `${KEY} `,
      ],
    ],
    [
      "OAUTH_KEYS",
      [JSON.stringify({ keys: [oauthKey] })],
      [
        "{}",
        '{"keys":[]}',
        "not JSON",
        JSON.stringify({ keys: [oauthKey, oauthKey] }),
        JSON.stringify({ keys: [{ ...oauthKey, d: undefined }] }),
      ],
    ],
    ["TEAL_PLAY_COLLECTION", [teal.play, "fm.teal.alpha.feed.play"], ["fm.teal", teal.status, "play"]],
    ["TEAL_STATUS_COLLECTION", [teal.status, "fm.teal.alpha.actor.status"], [teal.play, "status"]],
    ["COLLECTION_NAMESPACE", ["fm.plyr", "fm.plyr.dev"], ["plyr", "fm..plyr", "fm.plyr.", "fm plyr"]],
    [
      "PLC_URL",
      ["https://plc.directory", "http://localhost:2582"],
      ["plc.directory", "https://plc.directory/x"],
    ],
    ["HANDLE_RESOLVER_URL", ["https://bsky.social", "http://localhost:2583"], ["bsky.social"]],
    ["LOG_LEVEL", ["silent", "debug", "info"], ["loud", "INFO"]],
  ])("%s accepts what is in its range and names itself for what is not", (name, good, bad) => {
    for (const value of good)
      expect(problemsOf(() => parseSettings({ ...production, [name]: value }))).toEqual([]);
    for (const value of bad) {
      const problems = problemsOf(() => parseSettings({ ...production, [name]: value }));
      expect(problems, `${name}=${value}`).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${name} is .+: allowed is .+`));
    }
  });

  test("has the default that the documentation names", () => {
    const settings = parseSettings(production);
    expect(settings).toMatchObject({
      role: "all",
      environment: "production",
      http: { host: "127.0.0.1", port: 8000, publicUrl: "http://127.0.0.1:8000" },
      database: { url: undefined, dataDir: resolve(".plyr/data") },
      storage: { folder: resolve(".plyr/data/storage") },
      maxUploadBytes: 536_870_912,
      exportKeep: 7 * 24 * 3_600_000,
      docket: { url: undefined, name: "plyr", concurrency: 10 },
      collectionNamespace: "fm.plyr",
      plcUrl: "https://plc.directory",
      handleResolverUrl: undefined,
      logLevel: "info",
    });
    expect(settings.http.webDir).toMatch(/packages\/web\/dist$/);
  });

  test("counts as unset when it is empty", () => {
    expect(parseSettings({ ...production, DOCKET_URL: "", PORT: "" }).docket.url).toBeUndefined();
  });

  test("shows its value in the error only when it is no secret", () => {
    const [port] = problemsOf(() => parseSettings({ ...production, PORT: "eighty" }));
    expect(port).toContain('"eighty"');
    for (const [name, value] of [
      ["DATABASE_URL", "mysql://me:hunter2@db/x"],
      ["DOCKET_URL", "http://me:hunter2@redis"],
      ["SESSION_KEY", "hunter2"],
    ] as const) {
      const [problem] = problemsOf(() => parseSettings({ ...production, [name]: value }));
      expect(problem).toContain(name);
      expect(problem).not.toContain("hunter2");
    }
  });

  test("is reported together with the others that are wrong", () => {
    const problems = problemsOf(() => parseSettings({ ...production, PORT: "0", LOG_LEVEL: "loud" }));
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual(["PORT", "LOG_LEVEL"]);
  });
});

describe("where files are kept", () => {
  const bucket = {
    S3_BUCKET: "tracks",
    S3_ENDPOINT: "https://account.r2.cloudflarestorage.com",
    S3_ACCESS_KEY_ID: "id",
    S3_SECRET_ACCESS_KEY: "hunter2",
  };

  test("is DATA_DIR, a folder, or a bucket", () => {
    expect(parseSettings({ ...production, DATA_DIR: "/data" }).storage).toEqual({ folder: "/data/storage" });
    expect(parseSettings({ ...production, STORAGE_DIR: "/audio" }).storage).toEqual({ folder: "/audio" });
    expect(parseSettings({ ...production, ...bucket }).storage).toEqual({
      bucket: "tracks",
      endpoint: bucket.S3_ENDPOINT,
      region: "auto",
      accessKeyId: "id",
      secretAccessKey: "hunter2",
    });
  });

  test("is refused when half a bucket is named, or two places are", () => {
    const half = { ...production, S3_BUCKET: "tracks", S3_ACCESS_KEY_ID: "id" };
    expect(problemsOf(() => parseSettings(half))).toEqual([
      "a bucket needs S3_ENDPOINT, S3_SECRET_ACCESS_KEY too: set all S3_ variables, or none",
    ]);
    expect(problemsOf(() => parseSettings({ ...production, ...bucket, STORAGE_DIR: "/a" }))).toEqual([
      "STORAGE_DIR and S3_BUCKET are both set: files are kept in one place, so unset one",
    ]);
    const [name] = problemsOf(() => parseSettings({ ...production, ...bucket, S3_BUCKET: "No" }));
    expect(name).toMatch(/^S3_BUCKET is "No": allowed is/);
    const [endpoint] = problemsOf(() => parseSettings({ ...production, ...bucket, S3_ENDPOINT: "r2" }));
    expect(endpoint).toMatch(/^S3_ENDPOINT is "r2": allowed is/);
  });

  test("must be said to be shared where api and worker are two processes", () => {
    const split = { ...production, DOCKET_URL: "redis://r", DATABASE_URL: "postgres://h/d" };
    for (const role of ["api", "worker"] as const) {
      expect(problemsOf(() => parseSettings(split, role))).toEqual([
        `--role is "${role}" but neither S3_BUCKET nor STORAGE_DIR is set: api and worker share one storage; ` +
          "set the S3_ variables, or STORAGE_DIR to a folder that both processes see",
      ]);
      expect(problemsOf(() => parseSettings({ ...split, STORAGE_DIR: "/shared" }, role))).toEqual([]);
      expect(problemsOf(() => parseSettings({ ...split, ...bucket }, role))).toEqual([]);
    }
  });
});

describe("what depends on something else", () => {
  test("production demands SESSION_KEY, development does not", () => {
    expect(problemsOf(() => parseSettings({}))[0]).toMatch(
      /^SESSION_KEY is not set: production demands 32 bytes/,
    );
    expect(parseSettings({ PLYR_ENV: "development" }).sessionKeys).toEqual([]);
    const rotated = parseSettings({ SESSION_KEY: `${KEY},${OTHER_KEY}` });
    expect(rotated.sessionKeys.map((key) => key.toString("base64"))).toEqual([KEY, OTHER_KEY]);
  });

  test("certificates are refused for a Redis that is reached without TLS, and one without its key", () => {
    const of = (url: string) => () =>
      parseSettings({ ...production, DOCKET_URL: url, DOCKET_CA_FILE: "ca.pem" });
    expect(problemsOf(of("rediss://h"))).toEqual([]);
    expect(of("rediss://h")().docket.caFile).toBe(resolve("ca.pem"));
    expect(problemsOf(of("redis://h"))[0]).toContain(
      "DOCKET_CA_FILE is set but DOCKET_URL does not begin with",
    );
    const halves = { DOCKET_URL: "rediss://h", DOCKET_CERT_FILE: "cert.pem" };
    expect(problemsOf(() => parseSettings({ ...production, ...halves }))[0]).toContain("go together");
    expect(parseSettings({ ...production, ...halves, DOCKET_KEY_FILE: "key.pem" }).docket).toMatchObject({
      certFile: resolve("cert.pem"),
      keyFile: resolve("key.pem"),
    });
  });

  test("development writes to its own collections unless told otherwise", () => {
    expect(parseSettings({ PLYR_ENV: "development" }).collectionNamespace).toBe("fm.plyr.dev");
    expect(
      parseSettings({ PLYR_ENV: "development", COLLECTION_NAMESPACE: "fm.plyr" }).collectionNamespace,
    ).toBe("fm.plyr");
  });

  test("the public URL follows the port", () => {
    expect(parseSettings({ ...production, PORT: "9123" }).http.publicUrl).toBe("http://127.0.0.1:9123");
  });

  test.each(["api", "worker"] as const)(
    "--role %s is refused without a shared queue and database",
    (role) => {
      const shared = { DOCKET_URL: "redis://r", DATABASE_URL: "postgres://d/x", STORAGE_DIR: "/s" };
      expect(problemsOf(() => parseSettings({ ...production, ...shared }, role))).toEqual([]);
      expect(problemsOf(() => parseSettings(production, role))[0]).toMatch(
        /DOCKET_URL and DATABASE_URL are not set: api and worker are two processes/,
      );
      expect(
        problemsOf(() => parseSettings({ ...production, ...shared, DATABASE_URL: "" }, role))[0],
      ).toContain("but DATABASE_URL is not set");
      expect(
        problemsOf(() => parseSettings({ ...production, ...shared, DOCKET_URL: "" }, role))[0],
      ).toContain("but DOCKET_URL is not set");
    },
  );

  test("a worker answers HTTP only when PORT is set", () => {
    const shared = {
      ...production,
      DOCKET_URL: "redis://r",
      DATABASE_URL: "postgres://d/x",
      STORAGE_DIR: "/s",
    };
    expect(parseSettings(shared, "worker").http.port).toBeNull();
    expect(parseSettings({ ...shared, PORT: "8001" }, "worker").http.port).toBe(8001);
  });
});

describe("the command line", () => {
  test("names the role", () => {
    expect(parseRole([])).toBe("all");
    expect(parseRole(["--role", "worker"])).toBe("worker");
    expect(parseRole(["--role=api"])).toBe("api");
  });

  test("is refused when it says anything else", () => {
    expect(problemsOf(() => parseRole(["--role", "boss"]))).toEqual([
      '--role is "boss": allowed is all, api, worker',
    ]);
    expect(problemsOf(() => parseRole(["--rolle", "api"]))[0]).toContain("allowed is --role all|api|worker");
    expect(problemsOf(() => parseRole(["api"]))[0]).toContain("allowed is --role all|api|worker");
  });
});
