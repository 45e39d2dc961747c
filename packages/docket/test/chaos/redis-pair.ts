import { RedisServer } from "../redis-server.js";
import { Relay } from "../redis/relay.js";
import { until } from "../until.js";

const DURABLE = ["--appendonly", "yes", "--appendfsync", "always", "--repl-diskless-sync-delay", "0"];

/** A Redis that keeps all that it has acknowledged, one that can take over for it, and the address that leads to the first. */
export class RedisPair implements AsyncDisposable {
  readonly relay: Relay;
  #primary: RedisServer;
  #spare: RedisServer;

  private constructor(primary: RedisServer, spare: RedisServer, relay: Relay) {
    this.#primary = primary;
    this.#spare = spare;
    this.relay = relay;
  }

  static async start(): Promise<RedisPair> {
    await using stack = new AsyncDisposableStack();
    const primary = stack.use(await RedisServer.start(DURABLE));
    const spare = stack.use(await RedisServer.start(DURABLE));
    const relay = stack.use(await Relay.to(primary.port));
    stack.move();
    return new RedisPair(primary, spare, relay);
  }

  get primary(): RedisServer {
    return this.#primary;
  }

  /**
   * Has the other one take over. Nothing acknowledged is lost: writes wait until it has all of them, on disk too, and those
   * that waited die with the old one, unacknowledged.
   */
  async failOver(): Promise<void> {
    const [old, heir] = [this.#primary, this.#spare];
    await heir.ask((redis) => redis.replicaof("127.0.0.1", old.port));
    await until("the replica is linked", async () =>
      (await heir.ask(replication)).includes("master_link_status:up"),
    );
    await until("the replica has it on disk", async () => {
      const kept = await heir.ask((redis) => redis.info("persistence"));
      return kept.includes("aof_rewrite_in_progress:0") && kept.includes("aof_rewrite_scheduled:0");
    });
    await old.ask((redis) => redis.call("CLIENT", "PAUSE", "60000", "WRITE"));
    await until(
      "the replica has all",
      async () => offset(await old.ask(replication)) === offset(await heir.ask(replication)),
    );
    await heir.ask((redis) => redis.replicaof("NO", "ONE"));
    this.relay.leadTo(heir.port);
    await old.kill();
    [this.#primary, this.#spare] = [heir, old];
    await old.restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relay[Symbol.asyncDispose]();
    await this.#primary[Symbol.asyncDispose]();
    await this.#spare[Symbol.asyncDispose]();
  }
}

const replication = (redis: { info(section: string): Promise<string> }): Promise<string> =>
  redis.info("replication");

function offset(info: string): string | undefined {
  return /(?:slave_repl_offset|master_repl_offset):(\d+)/.exec(info)?.[1];
}
