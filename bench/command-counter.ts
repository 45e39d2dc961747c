import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";

export interface Commands {
  /** Sent by clients, by command. */
  readonly sent: ReadonlyMap<string, number>;
  /** Called inside scripts, by command. */
  readonly inner: ReadonlyMap<string, number>;
}

export function total(commands: ReadonlyMap<string, number>): number {
  return [...commands.values()].reduce((sum, count) => sum + count, 0);
}

/** "blpop 1.00, evalsha 2.00": each command's count divided by `per`. */
export function breakdown(commands: ReadonlyMap<string, number>, per: number): string {
  return [...commands]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([command, count]) => `${command} ${(count / per).toFixed(2)}`)
    .join(", ");
}

interface Marker {
  readonly text: string;
  reached(): void;
}

/**
 * Counts what reaches a Redis, through MONITOR. `total_commands_processed` would mix in the calls inside scripts, and
 * counting at the client would trust what is being measured.
 */
export class CommandCounter {
  readonly #control: Redis;
  readonly #monitor: Redis;
  /** This counter's own connection: what it sends isn't counted. */
  #own = "";
  #sent = new Map<string, number>();
  #inner = new Map<string, number>();
  #marker: Marker | undefined;
  #lastAt = performance.now();

  private constructor(control: Redis, monitor: Redis) {
    this.#control = control;
    this.#monitor = monitor;
    monitor.on("monitor", (_time: string, args: string[], source: string) => {
      this.#see(args, source);
    });
  }

  /** Open it before anyone else sends: ioredis breaks when a command is seen before it knows that it monitors. */
  static async open(url: string): Promise<CommandCounter> {
    const control = new Redis(url);
    const counter = new CommandCounter(control, await control.monitor());
    await counter.#mark();
    return counter;
  }

  /** What reaches Redis from now until `act` has ended. */
  async during(act: () => Promise<void>): Promise<Commands> {
    await this.#mark();
    const sent = (this.#sent = new Map<string, number>());
    const inner = (this.#inner = new Map<string, number>());
    await act();
    await this.#mark();
    this.#sent = new Map();
    this.#inner = new Map();
    return { sent, inner };
  }

  /** Resolves when nothing has reached Redis for `ms`. */
  quiet(ms: number): Promise<void> {
    const from = performance.now();
    return new Promise((resolve) => {
      const look = (): void => {
        const rest = Math.max(from, this.#lastAt) + ms - performance.now();
        if (rest <= 0) resolve();
        else setTimeout(look, Math.ceil(rest));
      };
      look();
    });
  }

  close(): void {
    this.#monitor.disconnect();
    this.#control.disconnect();
  }

  /** All that reached Redis before this call has been seen when it resolves. */
  async #mark(): Promise<void> {
    const text = randomUUID();
    const reached = new Promise<void>((resolve) => {
      this.#marker = { text, reached: resolve };
    });
    await this.#control.echo(text);
    await reached;
  }

  #see(args: readonly string[], source: string): void {
    const command = (args[0] ?? "").toLowerCase();
    if (command === "echo" && this.#marker !== undefined && args[1] === this.#marker.text) {
      this.#own = source;
      this.#marker.reached();
      this.#marker = undefined;
    }
    if (source === this.#own) return;
    this.#lastAt = performance.now();
    const counts = source === "lua" ? this.#inner : this.#sent;
    counts.set(command, (counts.get(command) ?? 0) + 1);
  }
}
