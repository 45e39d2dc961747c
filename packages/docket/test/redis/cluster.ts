import { RedisServer } from "../redis-server.js";
import { until } from "../until.js";

const HALF = 8_192;

/** A cluster of two primaries, each with half of the slots, and a replica of the first. */
export class Cluster implements AsyncDisposable {
  readonly first: RedisServer;
  readonly second: RedisServer;
  readonly replica: RedisServer;

  private constructor([first, second, replica]: readonly [RedisServer, RedisServer, RedisServer]) {
    this.first = first;
    this.second = second;
    this.replica = replica;
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster([
      await RedisServer.startNode(["--repl-diskless-sync-delay", "0"]),
      await RedisServer.startNode(),
      await RedisServer.startNode(),
    ]);
    const { first, second, replica } = cluster;
    await command(first, "ADDSLOTSRANGE", "0", String(HALF - 1));
    await command(second, "ADDSLOTSRANGE", String(HALF), "16383");
    for (const node of [second, replica])
      await command(first, "MEET", "127.0.0.1", String(node.port), await busOf(node));
    await until("all nodes know each other", async () => {
      for (const node of cluster.#nodes)
        if (!(await command(node, "INFO")).includes("cluster_known_nodes:3")) return false;
      return true;
    });
    await until("the replica has a primary", async () => {
      await command(replica, "REPLICATE", await idOf(first));
      return true;
    });
    await until("all serve, and the replica follows", async () => {
      for (const node of cluster.#nodes)
        if (!(await command(node, "INFO")).includes("cluster_slots_assigned:16384")) return false;
      return (await replica.ask((redis) => redis.info("replication"))).includes("master_link_status:up");
    });
    return cluster;
  }

  /** Of all nodes. */
  get url(): string {
    return `redis+cluster://${this.#nodes.map(({ port }) => `127.0.0.1:${String(port)}`).join(",")}`;
  }

  /** A name for a docket whose slot the first node has, or the second. */
  async name(on: "first" | "second", stem = "docket"): Promise<string> {
    for (let n = 0; ; n += 1) {
      const name = `${stem}-${String(n)}`;
      const slot = Number(await command(this.first, "KEYSLOT", `docket:{${name}}:`));
      if (slot < HALF === (on === "first")) return name;
    }
  }

  /** Begins to move a docket's slot from the first node to the second; the function that is returned completes that. */
  async move(name: string): Promise<() => Promise<void>> {
    const { first, second } = this;
    const slot = await command(first, "KEYSLOT", `docket:{${name}}:`);
    const [from, to] = [await idOf(first), await idOf(second)];
    await command(second, "SETSLOT", slot, "IMPORTING", from);
    await command(first, "SETSLOT", slot, "MIGRATING", to);
    return async () => {
      const keys = await first.ask((redis) => redis.keys(`docket:{${name}}:*`));
      for (const key of keys)
        await first.ask((redis) =>
          redis.call("MIGRATE", ["127.0.0.1", String(second.port), key, "0", "5000"]),
        );
      for (const node of [second, first]) await command(node, "SETSLOT", slot, "NODE", to);
    };
  }

  /** Kills the first node, and has its replica take over. */
  async failOver(): Promise<void> {
    await until(
      "the replica has caught up",
      async () => (await this.first.ask((redis) => redis.wait(1, 1_000))) === 1,
    );
    await this.first.kill();
    await command(this.replica, "FAILOVER", "TAKEOVER");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
  }

  get #nodes(): readonly RedisServer[] {
    return [this.first, this.second, this.replica];
  }
}

async function command(node: RedisServer, ...words: string[]): Promise<string> {
  return String(await node.ask((redis) => redis.call("CLUSTER", words)));
}

const idOf = (node: RedisServer) => command(node, "MYID");

async function busOf(node: RedisServer): Promise<string> {
  const [, port = ""] = await node
    .ask((redis) => redis.config("GET", "cluster-port"))
    .then((reply) => (Array.isArray(reply) ? reply.map(String) : []));
  return port;
}
