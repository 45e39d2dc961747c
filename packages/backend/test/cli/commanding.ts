import { run } from "../../src/cli/run.js";

export interface Commanded {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Gives a command as an operator does, in this process. */
export async function command(env: Record<string, string>, ...argv: string[]): Promise<Commanded> {
  const written = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") => ({
    write: (chunk: unknown) => {
      written[name] += String(chunk);
      return true;
    },
  });
  const code = await run(argv, { env, stdout: into("stdout"), stderr: into("stderr") });
  return { code, ...written };
}
