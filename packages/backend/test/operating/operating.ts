import { join } from "node:path";
import { Program, until, type Redis } from "@plyr/dev";
import { status, type Status } from "../../src/operator/status.js";
import { command, type Commanded } from "../cli/commanding.js";
import { NAMESPACE } from "../http/running-service.js";
import type { Stage } from "../tracks/stage.js";

/** What an operator does from their shell, and the workers that they start and stop. */
export interface Operating {
  /** Gives a command. */
  plyr(...argv: string[]): Promise<Commanded>;
  status(): Promise<Status>;
  /** Resolves with the status when it is so. */
  sees(what: string, so: (now: Status) => boolean): Promise<Status>;
  /** `status --watch` in a process of its own, until it is stopped. */
  watch(printed: (text: string) => void, stop: AbortSignal): Promise<void>;
  /** A worker in a process of its own: of this version, or of one whose task of this name throws. */
  worker(broken?: string): Promise<Program>;
}

export function operating(stage: Stage, redis: Redis, env: Record<string, string> = {}): Operating {
  const settings = {
    PLYR_ENV: "development",
    DATABASE_URL: stage.databaseUrl,
    DATA_DIR: stage.service.dataDir,
    STORAGE_DIR: join(stage.service.dataDir, "storage"),
    DOCKET_URL: redis.url,
    COLLECTION_NAMESPACE: NAMESPACE,
    PLC_URL: stage.pds.plcUrl,
    HANDLE_RESOLVER_URL: stage.pds.url,
    ...env,
  };
  const plyr: Operating["plyr"] = (...argv) => command(settings, ...argv);
  const readStatus = async (): Promise<Status> => {
    const { stdout, stderr } = await plyr("status", "--json");
    if (stderr !== "") throw new Error(stderr);
    return status.parse(JSON.parse(stdout));
  };
  return {
    plyr,
    status: readStatus,
    sees: (what, so) =>
      until(
        what,
        async () => {
          const now = await readStatus();
          return so(now) && now;
        },
        { within: 40_000, every: 100 },
      ),
    async watch(printed, stop) {
      const program = new Program({
        name: "plyr status --watch",
        command: process.execPath,
        args: [join(import.meta.dirname, "../../dist/bin/plyr.js"), "status", "--watch", "1"],
        env: { PATH: process.env["PATH"], ...settings },
        onOutput: printed,
      });
      await program.start();
      stop.addEventListener("abort", () => void program.close(), { once: true });
      await program.ended();
    },
    async worker(broken) {
      const entry =
        broken === undefined
          ? [join(import.meta.dirname, "../../dist/bin/serve.js"), "--role", "worker"]
          : [join(import.meta.dirname, "bad-worker.ts"), broken];
      const program = new Program({
        name: "a worker",
        command: process.execPath,
        args: entry,
        env: { PATH: process.env["PATH"], LOG_LEVEL: "fatal", ...settings },
      });
      await program.start();
      await until(
        "the worker is there",
        async () => (await readStatus()).workers.some(({ pid }) => pid === program.pid),
        { within: 30_000 },
      ).catch(async (error: unknown) => {
        await program.close();
        throw new Error(`the worker doesn't come; it wrote:\n${program.output}`, { cause: error });
      });
      return program;
    },
  };
}
