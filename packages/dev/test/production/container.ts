import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { freePort, Program, until } from "../../src/index.js";
import { unprivilegedUser } from "../../src/postgres/unprivileged-user.js";
import type { Tree } from "./tree.js";

const run = promisify(execFile);

/** One process of the service as its image starts it, without a container around it. */
export interface Container {
  readonly url: string;
  readonly port: number;
  readonly program: Program;
  /** Whether the image's own health check finds it well. */
  isHealthy(): Promise<boolean>;
  /** The most memory that the service itself has had so far, in MiB. */
  peakMemory(): number;
  /** Of the user as whom the service runs. */
  uid(): number;
}

export interface ContainerOptions {
  readonly tree: Tree;
  readonly role: "api" | "worker";
  /** Over those of the image. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets what it logs. */
  readonly onOutput: (text: string) => void;
}

/** Starts it, and resolves when it says that it is ready. */
export async function startContainer({ tree, role, env, onOutput }: ContainerOptions): Promise<Container> {
  const port = await freePort();
  const { entrypoint, command, healthCheck, env: ofImage } = tree.image;
  const environment = {
    ...ofImage,
    PATH: `${tree.programs}:${process.env["PATH"] ?? ""}`,
    ...env,
    HOST: "127.0.0.1",
    PORT: String(port),
  };
  const [init, ...args] = [...entrypoint, ...command, "--role", role];
  const user = userInfo().uid === 0 ? unprivilegedUser() : {};
  const program = new Program({
    name: `the service (${role})`,
    command: init,
    args,
    cwd: tree.folder,
    env: environment,
    // What fly.toml gives it.
    grace: 60_000,
    onOutput,
    ...user,
  });
  await program.start();
  const url = `http://127.0.0.1:${String(port)}`;
  const isReady = async (): Promise<boolean> => (await fetch(`${url}/ready`)).ok;
  await Promise.race([
    until(`the service (${role}) is ready`, isReady, { within: 60_000 }),
    program.ended().then(() => Promise.reject(new Error(`the service (${role}) ended:\n${program.output}`))),
  ]);
  const status = (field: RegExp): number => {
    const init = String(program.pid);
    const [service = ""] = readFileSync(`/proc/${init}/task/${init}/children`, "utf8").split(" ");
    return Number(field.exec(readFileSync(`/proc/${service}/status`, "utf8"))?.[1]);
  };
  return {
    url,
    port,
    program,
    isHealthy: async () => {
      const [asks = "", ...words] = healthCheck;
      return run(asks, words, { env: environment }).then(
        () => true,
        () => false,
      );
    },
    peakMemory: () => Math.round(status(/^VmHWM:\s+(\d+) kB$/m) / 1024),
    uid: () => status(/^Uid:\s+(\d+)/m),
  };
}
