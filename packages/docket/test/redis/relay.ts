import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** An address that leads to one Redis now and to another later, as a host's name does after a failover. */
export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** By the end that came, the end to which it leads. */
  readonly #pairs = new Map<Socket, Socket>();
  /** Ends that get no answers any more. */
  readonly #deaf = new WeakSet<Socket>();
  #port: number;
  #words: string | undefined;
  #disguise: readonly [string, string] | undefined;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    server.on("connection", (socket) => {
      this.#join(socket, connect(this.#port, "127.0.0.1"));
    });
  }

  /** @param port of the Redis on loopback to which it leads at first */
  static async to(port: number): Promise<Relay> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Relay(server, port);
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the relay does not listen");
    return `redis://127.0.0.1:${String(address.port)}`;
  }

  /** New connections lead there from now on; those that stand stay as they are. */
  leadTo(port: number): void {
    this.#port = port;
  }

  /** From now on whatever is sent (one command at a time) is answered with this error, and reaches nobody. */
  refuseWith(words: string): void {
    this.#words = words;
  }

  /** From now on answers say the one instead of the other, which is as long. */
  disguise(what: string, as: string): void {
    this.#disguise = [what, as];
  }

  /** Of the connections that stand: what is sent on still arrives, and its answers are lost, until it is broken off. */
  loseAnswers(picked: () => boolean): { breakOff: () => void } {
    const deaf = [...this.#pairs].filter(picked);
    for (const [from] of deaf) this.#deaf.add(from);
    return {
      breakOff: () => {
        for (const [from] of deaf) from.destroy();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }

  #join(from: Socket, to: Socket): void {
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    this.#pairs.set(from, to);
    from.on("close", () => this.#pairs.delete(from));
    to.on("data", (answered: Buffer) => {
      if (this.#deaf.has(from)) return;
      const [what, as] = this.#disguise ?? ["", ""];
      from.write(what === "" ? answered : answered.toString("latin1").replaceAll(what, as), "latin1");
    });
    from.on("data", (sent: Buffer) => {
      if (this.#words === undefined) to.write(sent);
      else from.write(`-${this.#words}\r\n`);
    });
  }
}
