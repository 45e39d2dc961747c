import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { composeFaults, composeVariables, parseCompose } from "../src/deployment/compose.js";
import { dockerfileFaults, parseImage } from "../src/deployment/dockerfile.js";
import { flyFaults, parseFly } from "../src/deployment/fly.js";
import { settingFaults } from "../src/deployment/named-settings.js";

const root = join(import.meta.dirname, "../../..");
const compose = readFileSync(join(root, "compose.yaml"), "utf8");
const fly = readFileSync(join(root, "fly.toml"), "utf8");
const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");

function changed(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe("compose.yaml", () => {
  it.each([
    ["    restart: unless-stopped\n    healthcheck:", "    restrat: always\n    healthcheck:", "restrat"],
    ['ports: ["127.0.0.1:6379:6379"]', "ports: 6379", "/services/redis/ports"],
  ])("with %j changed to %j is refused by the Compose Specification's schema", (from, to, named) => {
    expect(composeFaults(changed(compose, from, to)).join()).toContain(named);
  });

  it("starts Redis alone without a profile, and nothing that listens beyond loopback", () => {
    const { services } = parseCompose(compose);
    const byItself = Object.entries(services).filter(([, { profiles }]) => profiles.length === 0);
    expect(byItself.map(([name]) => name)).toEqual(["redis"]);
    for (const port of Object.values(services).flatMap(({ ports }) => ports)) {
      expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it("names variables of the service in its services and in what is filled in", () => {
    expect(composeVariables(compose)).toContain("SESSION_KEY");
    expect(composeVariables(compose)).not.toContain("POSTGRES_PASSWORD");
    expect(composeVariables(changed(compose, "${STORAGE_DIR-", "${STORE-"))).toContain("STORE");
  });
});

describe("fly.toml", () => {
  it.each([
    ["kill_timeout = 75", "kill_timeout = 301", "kill_timeout"],
    ["[[restart]]", "[[restarts]]", "restarts"],
    [
      'policy = "always"\n  processes = ["app", "worker"]',
      'policy = "always"\n  processes = ["app"]',
      "worker has no [[restart]]",
    ],
    [
      '[checks.worker]\n  processes = ["worker"]',
      '[checks.worker]\n  processes = ["app"]',
      "whether worker lives",
    ],
    ["internal_port = 8000", "internal_port = 8080", "asks port 8080"],
    ['  processes = ["app"]\n  size', '  processes = ["web"]\n  size', "the group web"],
  ])("with %j changed to %j is refused", (from, to, fault) => {
    expect(flyFaults(changed(fly, from, to)).join()).toContain(fault);
  });

  it("gives a machine longer to end than the service may take, and restarts it however it ended", () => {
    const { kill_timeout: seconds, kill_signal: signal, restart, env } = parseFly(fly);
    // The notice, 5 s for requests, 30 s for tasks, and some for letting go.
    expect(seconds).toBeGreaterThanOrEqual(Number.parseInt(env["SHUTDOWN_NOTICE"] ?? "0") + 45);
    expect(signal).toBe("SIGTERM");
    expect(restart.map(({ policy }) => policy)).toEqual(["always"]);
  });
});

describe("the Dockerfile", () => {
  it.each([
    ["USER node\nEXPOSE", "EXPOSE", "api runs as root"],
    ['ENTRYPOINT ["/usr/bin/tini", "--"]', "", "no init"],
    ['CMD ["node", "packages/backend/dist/bin/serve.js"]', "CMD node serve.js", "runs nothing"],
    ["HEALTHCHECK", "#", "no health check"],
    ["VOLUME /data", "VOLUMES /data", "VOLUMES is no instruction"],
  ])("with %j changed to %j is refused", (from, to, fault) => {
    expect(dockerfileFaults(changed(dockerfile, from, to), ["api", "service"]).join("\n")).toContain(fault);
  });

  it("has one command, user and environment for both images", () => {
    expect(parseImage(dockerfile, "service")).toEqual(parseImage(dockerfile, "api"));
    expect(parseImage(dockerfile, "api").env).toMatchObject({ HOST: "0.0.0.0", PORT: "8000" });
  });
});

describe("the settings that a deployment names", () => {
  const settings = new Set(["PORT", "FFMPEG", "WEB_DIR"]);

  it("are settings of the service", () => {
    expect(settingFaults({ "compose.yaml": new Set(["PORT", "PROT"]) }, settings)).toEqual([
      "compose.yaml: PROT is no setting of the service",
    ]);
  });

  it("are all of them, but for those that are excepted with a reason", () => {
    expect(settingFaults({}, settings).join()).toContain("PORT is named by no file");
    expect(settingFaults({ "fly.toml": new Set(["PORT", "FFMPEG"]) }, settings).join()).toContain(
      "FFMPEG is excepted in packages/dev/src/deployment/named-settings.ts without need",
    );
  });
});
