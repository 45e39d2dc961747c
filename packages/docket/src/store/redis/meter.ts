import { Redis, type RedisOptions } from "ioredis";
import { IncompatibleStore } from "../../errors.js";
import { NONE, type CommandCounts } from "../sight.js";
import { readAddress, type Node, type Server } from "./address.js";
import { Nodes } from "./nodes.js";

export type Purpose = keyof CommandCounts;

/** Counts the commands that one docket sends, over all of its connections. */
export class Meter {
  readonly #counts: Record<Purpose, number> = { ...NONE };

  count(purpose: Purpose, commands = 1): void {
    this.#counts[purpose] += commands;
  }

  get counts(): CommandCounts {
    return { ...this.#counts };
  }
}

type Send = Redis["sendCommand"];

/** From 6.2 on a list gives up many at once (LPOP with a count). */
const OLDEST = [6, 2] as const;

/**
 * A client whose commands are counted where they leave: also those that it sends of its own accord when it connects. It
 * comes back by itself, and knows what the server says of itself then.
 */
export class MeteredRedis extends Redis {
  readonly #meter: Meter;
  readonly #nodes: Nodes;
  #purpose: Purpose = "other";
  #refusal: IncompatibleStore | undefined;
  #wasReady = true;

  constructor(meter: Meter, server: Server, options: Omit<RedisOptions, "replyMapping" | "tls">) {
    const address = readAddress(server.url);
    if (address === undefined) throw new RangeError("a Redis's url can't be used");
    const { ca, cert, key } = server;
    const given = {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
    super(address.url, {
      ...address.options,
      ...options,
      ...(address.tls ? { tls: given } : {}),
      ...(address.tls && address.options.sentinels !== undefined ? { sentinelTLS: given } : {}),
      retryStrategy: (times) => this.#again(times),
    });
    this.#meter = meter;
    this.#nodes = new Nodes(address.nodes.length > 0 ? address.nodes : [this.#asked]);
    this.on("ready", () => {
      this.#wasReady = true;
    });
  }

  /** Why this server isn't to be worked with. */
  get refusal(): IncompatibleStore | undefined {
    return this.#refusal;
  }

  /** The node that it is connected to, or tries to be. */
  get #asked(): Node {
    const { host = "localhost", port = 6_379 } = this.options;
    return { host, port };
  }

  /** Leaves for the node that an error names; false when it names none. */
  follow(movedTo: (asked: Node) => Node | undefined): boolean {
    const node = this.options.path === undefined ? movedTo(this.#asked) : undefined;
    if (node === undefined) return false;
    this.#nodes.go(node);
    this.disconnect(true);
    return true;
  }

  /** @param send sends one command before it returns */
  sendFor<T>(purpose: Purpose, send: () => T): T {
    this.#purpose = purpose;
    try {
      return send();
    } finally {
      this.#purpose = "other";
    }
  }

  override sendCommand(...args: Parameters<Send>): ReturnType<Send> {
    this.#meter.count(this.#purpose);
    const [command] = args;
    // It asks for this whenever it connects; so what is learnt costs nothing.
    if (command.name === "info")
      command.promise.then((info) => this.#learn(String(info))).catch(() => undefined);
    return super.sendCommand(...args);
  }

  /** Where one node of a cluster can't be reached, the next knows who has taken over. */
  #again(times: number): number {
    if (!this.#wasReady) this.#nodes.turn();
    this.#wasReady = false;
    const { current } = this.#nodes;
    if (current !== undefined && this.options.path === undefined) Object.assign(this.options, current);
    return Math.min(50 * 2 ** Math.min(times, 10), 1_000);
  }

  #learn(info: string): void {
    const [, version, major, minor] = /^redis_version:((\d+)\.(\d+)\S*)/m.exec(info) ?? [];
    if (version === undefined) return;
    const old = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
    this.#refusal = old
      ? new IncompatibleStore(
          `this Redis is of version ${version}, and docket needs 6.2 or newer: upgrade it, or give the docket another one's url`,
        )
      : undefined;
  }
}
