import { parse } from "smol-toml";
import { z } from "zod";

const processes = z.array(z.string()).min(1);
const seconds = z.string().regex(/^\d+(ms|s|m)$/);
const check = {
  interval: seconds,
  timeout: seconds,
  grace_period: seconds,
  path: z.string().startsWith("/"),
};

/**
 * As much of fly.toml as we use, and nothing besides: fly itself ignores what it doesn't know, a mistyped name included.
 * By the reference at https://fly.io/docs/reference/configuration/ (read in November 2026).
 */
const flyFile = z.strictObject({
  app: z.string().regex(/^[a-z0-9-]+$/),
  primary_region: z.string().length(3),
  kill_signal: z.enum(["SIGINT", "SIGTERM", "SIGQUIT"]),
  /** Seconds; no machine is given more than 300. */
  kill_timeout: z.int().min(1).max(300),
  build: z.strictObject({ dockerfile: z.string(), "build-target": z.string() }),
  deploy: z.strictObject({
    strategy: z.enum(["rolling", "immediate", "canary", "bluegreen"]),
    release_command: z.string(),
  }),
  env: z.record(z.string(), z.string()),
  processes: z.record(z.string(), z.string()),
  http_service: z.strictObject({
    processes,
    internal_port: z.int(),
    force_https: z.boolean(),
    auto_stop_machines: z.enum(["off", "stop", "suspend"]),
    auto_start_machines: z.boolean(),
    min_machines_running: z.int().min(0),
    checks: z.array(z.strictObject({ ...check, method: z.enum(["GET", "HEAD"]) })).min(1),
  }),
  checks: z.record(
    z.string(),
    z.strictObject({ ...check, processes, type: z.literal("http"), port: z.int(), method: z.enum(["get"]) }),
  ),
  restart: z.array(z.strictObject({ processes, policy: z.enum(["always", "never", "on-failure"]) })),
  vm: z.array(
    z.strictObject({
      processes,
      size: z.enum(["shared-cpu-1x", "shared-cpu-2x", "shared-cpu-4x", "performance-1x"]),
      memory: z.string().regex(/^\d+(mb|gb)$/),
    }),
  ),
});

export type Fly = z.infer<typeof flyFile>;

/** @throws when it isn't TOML, or has what fly's reference doesn't name */
export function parseFly(text: string): Fly {
  return flyFile.parse(parse(text));
}

/** Sentences on what fly.toml says that fly would not take, or would take for less than is meant. */
export function flyFaults(text: string): string[] {
  const parsed = flyFile.safeParse(parse(text));
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `fly.toml: ${path.join(".")}: ${message}`);
  }
  const fly = parsed.data;
  const groups = Object.keys(fly.processes);
  const named = {
    "[http_service]": fly.http_service.processes,
    "[checks]": Object.values(fly.checks).flatMap((each) => each.processes),
    "[[restart]]": fly.restart.flatMap((each) => each.processes),
    "[[vm]]": fly.vm.flatMap((each) => each.processes),
  };
  const watched = [...named["[http_service]"], ...named["[checks]"]];
  return [
    ...Object.entries(named).flatMap(([where, names]) =>
      names
        .filter((name) => !groups.includes(name))
        .map((name) => `fly.toml: ${where} names the group ${name}, which [processes] has not`),
    ),
    ...groups.flatMap((group) => [
      ...(named["[[restart]]"].includes(group) ? [] : [`fly.toml: ${group} has no [[restart]]`]),
      ...(named["[[vm]]"].includes(group) ? [] : [`fly.toml: ${group} has no [[vm]]`]),
      ...(watched.includes(group) ? [] : [`fly.toml: nobody checks whether ${group} lives`]),
    ]),
    ...[fly.http_service.internal_port, ...Object.values(fly.checks).map(({ port }) => port)]
      .filter((port) => String(port) !== fly.env["PORT"])
      .map(
        (port) =>
          `fly.toml: asks port ${String(port)}, but [env] sets PORT to ${fly.env["PORT"] ?? "nothing"}`,
      ),
  ];
}
