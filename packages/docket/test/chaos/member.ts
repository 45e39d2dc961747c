import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Interval, Life } from "./history.js";
import { monotonic, readJournal } from "./journal.js";
import { FINISH, type Orders } from "./orders.js";

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
/** How long a process may take to finish, in ms. */
const FINISH_MS = 60_000;

/** @param name of the process @param journal where it writes @param life how many were before it */
export type MakeOrders = (
  name: string,
  journal: string,
  life: number,
) => { readonly orders: Orders; /** Another build of the engine. */ readonly engine: string | undefined };

interface Lived {
  readonly name: string;
  readonly journal: string;
  readonly began: number;
  readonly stops: Interval[];
  ended: number;
  killed: boolean;
  /** Ended by itself, and not in order. */
  broke: boolean;
}

/** A producer or worker that is started again when its process has ended: one after the other, each with a journal. */
export class Member {
  readonly name: string;
  readonly #folder: string;
  readonly #orders: MakeOrders;
  readonly #comesAgain: (life: Pick<Life, "killed">) => boolean;
  readonly #lives: Lived[] = [];
  #child: ChildProcess | undefined;
  #stoppedAt: number | undefined;
  #revived = Promise.resolve();
  #finishing = false;

  /** @param comesAgain whether another process takes the place of one that has ended */
  constructor(
    name: string,
    folder: string,
    orders: MakeOrders,
    comesAgain: (life: Pick<Life, "killed">) => boolean,
  ) {
    this.#comesAgain = comesAgain;
    this.name = name;
    this.#folder = folder;
    this.#orders = orders;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    const name = `${this.name}.${String(this.#lives.length + 1)}`;
    const journal = join(this.#folder, `${name}.jsonl`);
    const { orders, engine } = this.#orders(name, journal, this.#lives.length);
    const log = openSync(join(this.#folder, `${name}.log`), "a");
    const child = fork(path("child.ts"), [JSON.stringify(orders)], {
      execArgv: ["--import", path("engine.mjs")],
      env: { ...process.env, ...(engine === undefined ? {} : { DOCKET_ENGINE: engine }) },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    const life: Lived = {
      name,
      journal,
      began: monotonic(),
      stops: [],
      ended: Infinity,
      killed: false,
      broke: false,
    };
    this.#lives.push(life);
    this.#child = child;
    child.once("exit", (code, signal) => {
      life.killed = signal !== null;
      life.broke = signal === null && code !== 0;
      life.ended = monotonic();
      this.#child = undefined;
      if (!this.#finishing && this.#comesAgain(life)) this.#revived = this.start();
    });
    await Promise.race([once(child, "message"), once(child, "exit")]);
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  stop(): void {
    this.#stoppedAt = monotonic();
    this.#child?.kill("SIGSTOP");
  }

  continue(): void {
    if (this.#stoppedAt === undefined) return;
    this.#lives.at(-1)?.stops.push({ from: this.#stoppedAt, to: monotonic() });
    this.#stoppedAt = undefined;
    this.#child?.kill("SIGCONT");
  }

  /** Has its process end in order. */
  retire(): void {
    if (this.#child?.connected === true) this.#child.send(FINISH);
  }

  /** Ends it in order, for good. @returns false when it had to be killed */
  async finish(): Promise<boolean> {
    this.#finishing = true;
    await this.#revived;
    const child = this.#child;
    if (child === undefined) return true;
    const ended = once(child, "exit").then(() => true);
    const late = new Promise<false>((resolve) => setTimeout(resolve, FINISH_MS, false).unref());
    this.retire();
    if (await Promise.race([ended, late])) return true;
    child.kill("SIGKILL");
    await ended;
    return false;
  }

  /** Waits for it to end by itself. */
  async done(): Promise<void> {
    while (this.#child !== undefined) {
      await once(this.#child, "exit");
      await this.#revived;
    }
  }

  /** At once, for good. */
  async dispose(): Promise<void> {
    this.#finishing = true;
    await this.#revived;
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  get journals(): string[] {
    return this.#lives.map(({ journal }) => journal);
  }

  /** Its processes that ended by themselves, and not in order. */
  get breakdowns(): string[] {
    return this.#lives.filter(({ broke }) => broke).map(({ name }) => name);
  }

  lives(): Life[] {
    return this.#lives.map(({ journal, ...life }) => ({ ...life, lines: readJournal(journal) }));
  }
}
