import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort, Program, until, type Pds } from "@plyr/dev";
import { z } from "zod";
import type { Role } from "../../src/settings/role.js";

/** One process of the service, as it is started in production: the built entry point with an environment. */
export interface Serving {
  readonly url: string;
  readonly program: Program;
  /** The service's health, as its endpoint tells it. */
  health(): Promise<z.infer<typeof healthReport>>;
  /** Log lines so far whose message is this. */
  logged(message: string): number;
}

const healthReport = z.object({
  status: z.string(),
  docket: z.object({ mode: z.string() }),
  warnings: z.array(z.string()),
});

export interface Surroundings {
  readonly pds: Pick<Pds, "url" | "plcUrl">;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly docketUrl: string | undefined;
  /** Settings besides. */
  readonly env?: Record<string, string>;
  /** The program that is run; default: the one that is built here. */
  readonly entry?: string;
}

export const NAMESPACE = "fm.plyr.test";
const SESSION_KEY = randomBytes(32).toString("base64");
const built = join(import.meta.dirname, "../../dist/bin/serve.js");

/** Starts a process of the service and resolves when it answers. */
export async function serve(around: Surroundings, role: Role = "all"): Promise<Serving> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  let log = "";
  const program = new Program({
    name: `the service (${role})`,
    command: process.execPath,
    args: [around.entry ?? built, "--role", role],
    env: {
      PATH: process.env["PATH"],
      PLYR_ENV: "development",
      PORT: String(port),
      PUBLIC_URL: url,
      DATA_DIR: around.dataDir,
      STORAGE_DIR: join(around.dataDir, "storage"),
      SESSION_KEY,
      COLLECTION_NAMESPACE: NAMESPACE,
      PLC_URL: around.pds.plcUrl,
      HANDLE_RESOLVER_URL: around.pds.url,
      ...(around.databaseUrl === undefined ? {} : { DATABASE_URL: around.databaseUrl }),
      ...(around.docketUrl === undefined ? {} : { DOCKET_URL: around.docketUrl }),
      ...around.env,
    },
    grace: 40_000,
    onOutput: (text) => {
      log += text;
    },
  });
  await program.start();
  await until(`the service (${role}) answers`, async () => (await fetch(`${url}/health`)).ok, {
    within: 45_000,
  }).catch(async (error: unknown) => {
    await program.close();
    throw new Error(`the service (${role}) doesn't answer; it last wrote:\n${log}`, { cause: error });
  });
  return {
    url,
    program,
    health: async () => healthReport.parse(await (await fetch(`${url}/health`)).json()),
    logged: (message) =>
      log.split("\n").filter((line) => line.includes(`"msg":${JSON.stringify(message)}`)).length,
  };
}
