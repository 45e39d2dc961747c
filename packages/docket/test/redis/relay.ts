import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** An address that leads to one Redis now and to another later, as a host's name does after a failover. */
export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** By the end that came, the end to which it leads. */
  readonly #pairs = new Map<Socket, Socket>();
  #port: number;
  #words: string | undefined;

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

  /** Of the connections that stand: what is sent on still arrives, and its answers are lost, until it is broken off. */
  loseAnswers(picked: () => boolean): { breakOff: () => void } {
    const deaf = [...this.#pairs].filter(picked);
    for (const [from, to] of deaf) to.unpipe(from).resume();
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
    to.pipe(from);
    from.on("data", (sent: Buffer) => {
      if (this.#words === undefined) to.write(sent);
      else from.write(`-${this.#words}\r\n`);
    });
  }
}
