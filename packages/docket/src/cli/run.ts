import { readFileSync } from "node:fs";
import type { Writable } from "node:stream";
import { Command, CommanderError, type OptionValues } from "commander";
import { Docket } from "../docket/docket.js";
import { IncompatibleStore, StoreUnavailable } from "../errors.js";
import { redisServer } from "../store/open-store.js";
import { type Act, type Bind, type Ending, NotDone, UsageError } from "./command.js";
import { commands } from "./commands.js";
import { Output } from "./output.js";

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Pick<Writable, "write">;
  readonly stderr: Pick<Writable, "write">;
  readonly signal: AbortSignal;
}

/** It was mistyped. */
const USAGE = 2;
/** It could not be done. */
const TROUBLE = 1;

interface GlobalOptions extends OptionValues {
  readonly url?: string;
  readonly name?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
}

/**
 * Carries out one command line.
 *
 * @param argv without node and script
 * @returns the exit code: 0 done, 1 trouble, 2 mistyped
 */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  let ending: Ending = 0;
  const bind: Bind = (act) =>
    async function (this: Command) {
      ending = await carryOut(this, act, surroundings);
    };
  const program = new Command("docket")
    .description("Looks into a docket, a queue of background tasks on Redis, and steers it.")
    .option("--url <url>", "its Redis; better left to DOCKET_URL, for others see what is typed here")
    .option("--name <name>", "its name, if DOCKET_NAME doesn't say it (default: docket)")
    .option("--ca <file>", "certificates (PEM) of the authorities for rediss:, as DOCKET_CA_FILE")
    .option("--cert <file>", "the certificate (PEM) to show to a server that asks, as DOCKET_CERT_FILE")
    .option("--key-file <file>", "its private key (PEM), as DOCKET_KEY_FILE")
    .option("--json", "print JSON, one value a line, for programs")
    .addHelpText(
      "after",
      "\nEnds with 0 when it is done, with 1 when there is trouble, with 2 when it was mistyped.",
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  for (const add of commands) add(program, bind);
  try {
    await program.parseAsync(argv, { from: "user" });
    return ending;
  } catch (error) {
    // Commander has said what is wrong, or what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    stderr.write(`${describe(error)}\n`);
    return error instanceof UsageError || error instanceof RangeError ? USAGE : TROUBLE;
  }
}

async function carryOut<Options extends OptionValues>(
  command: Command,
  act: Act<Options>,
  { env, stdout, stderr, signal }: Surroundings,
): Promise<Ending> {
  const options = command.optsWithGlobals<Options & GlobalOptions>();
  const {
    url = env["DOCKET_URL"],
    name = env["DOCKET_NAME"] ?? "docket",
    ca = env["DOCKET_CA_FILE"],
    cert = env["DOCKET_CERT_FILE"],
    keyFile = env["DOCKET_KEY_FILE"],
  } = options;
  if (url === undefined || url === "" || url === "memory://")
    throw new UsageError("It isn't said where the docket's Redis is: set DOCKET_URL, or give --url");
  const certificates = { ca: read(ca), cert: read(cert), key: read(keyFile) };
  const server = redisServer({ url, ...certificates });
  const docket = await Docket.open<undefined>({ url, ...certificates, name, tasks: [], services: undefined });
  try {
    const output = new Output(stdout, stderr, options.json ?? false);
    return await act({ docket, name, server, output, signal }, { options, args: command.args });
  } finally {
    await docket.close();
  }
}

function read(file: string | undefined): string | undefined {
  if (file === undefined || file === "") return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`A certificate or key can't be read: ${describe(error)}`);
  }
}

/** What whoever typed it can set right needs no stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected =
    error instanceof UsageError ||
    error instanceof NotDone ||
    error instanceof RangeError ||
    error instanceof StoreUnavailable ||
    error instanceof IncompatibleStore ||
    "code" in error;
  return expected ? error.message : (error.stack ?? error.message);
}
