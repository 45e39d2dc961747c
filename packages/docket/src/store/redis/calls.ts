import type { Log } from "../../log.js";
import type { Clock } from "../../time/clock.js";
import type { Retention } from "../retention.js";
import { keyArguments } from "./arguments.js";
import type { Connection } from "./connection.js";
import type { Purpose } from "./meter.js";
import * as reply from "./replies.js";
import { loadScripts, type Scripts } from "./scripts.js";

const PURPOSE: { readonly [Name in keyof Scripts]?: Purpose } = {
  add: "adding",
  replace: "adding",
  wake: "adding",
  renew: "heartbeats",
  hello: "heartbeats",
  bye: "heartbeats",
};

interface CallsOptions {
  readonly connection: Connection;
  readonly prefix: string;
  readonly clock: Clock | undefined;
  readonly log: Log;
  readonly retention: Retention | undefined;
}

/** Calls transitions by their names. What a stranger's hand has put under a docket's keys stops none for long. */
export class Calls {
  readonly #scripts: Scripts;
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #clock: Clock | undefined;
  readonly #log: Log;

  constructor({ connection, prefix, clock, log, retention }: CallsOptions) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#log = log;
    this.#scripts = loadScripts(retention);
  }

  async call(
    name: keyof Scripts,
    args: (string | number)[],
    each: (string | number)[],
    purpose: Purpose = PURPOSE[name] ?? "other",
  ): Promise<unknown> {
    try {
      return await this.#send(name, [...args, ...each], purpose);
    } catch (error) {
      if (!(await this.mend(error))) throw error;
      return this.#send(name, [...args, ...each], purpose);
    }
  }

  /**
   * Where Redis says that a call failed, sets aside what may be the cause. True when trying again may help: also when somebody
   * else was faster.
   */
  async mend(error: unknown): Promise<boolean> {
    if (!(error instanceof Error) || error.name !== "ReplyError") return false;
    const strange = reply.strings(await this.#send("mend", keyArguments(), "other"));
    if (strange.length > 0) {
      this.#log.error(
        { err: error, keys: strange.slice(0, 100), under: `${this.#prefix}strange` },
        "what isn't docket's lay under its keys, and is set aside: find out who writes there",
      );
    }
    return true;
  }

  #send(name: keyof Scripts, argv: (string | number)[], purpose: Purpose): Promise<unknown> {
    const time = this.#clock === undefined ? "" : this.#clock.now();
    return this.#connection.script(this.#scripts[name], this.#prefix, [time, ...argv], purpose);
  }
}
