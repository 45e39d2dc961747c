import { connect } from "node:net";
import { LOOPBACK } from "../network/ports.js";

const LIMIT = 2_000;

/**
 * Sends one command of plain words to a Redis on loopback and returns the first line of its answer, without a
 * client library: what this package asks a Redis is whether it is there, and to forget everything.
 *
 * @throws when nothing listens, or no answer came within 2 s
 */
export function askRedis(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: LOOPBACK });
    let answer = "";
    socket.setTimeout(LIMIT, () =>
      socket.destroy(new Error(`Redis did not answer ${command} within ${String(LIMIT)} ms.`)),
    );
    socket.once("error", reject);
    socket.once("close", () => {
      reject(new Error(`Redis closed the connection without an answer to ${command}.`));
    });
    socket.on("data", (chunk) => {
      answer += chunk.toString();
      const end = answer.indexOf("\r\n");
      if (end < 0) return;
      resolve(answer.slice(0, end));
      socket.destroy();
    });
    socket.write(`${command}\r\n`);
  });
}
