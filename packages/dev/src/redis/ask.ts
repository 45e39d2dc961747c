import { connect } from "node:net";
import { LOOPBACK } from "../network/ports.js";

const LIMIT = 2_000;

/**
 * Sends one command of plain words to a Redis on loopback, without a client library: what this package asks a
 * Redis is whether it is there, and to forget everything.
 *
 * @param read called with what has come so far, until it finds what it looks for; default: the first line
 * @param password of the user `default`, if there is one
 * @throws when nothing listens, or no answer came within 2 s
 */
export function askRedis(
  port: number,
  command: string,
  read: (answer: string) => string | undefined = firstLine,
  password?: string,
): Promise<string> {
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
      const found = read(password === undefined ? answer : withoutFirstLine(answer));
      if (found === undefined) return;
      resolve(found);
      socket.destroy();
    });
    socket.write(`${password === undefined ? "" : `AUTH ${password}\r\n`}${command}\r\n`);
  });
}

function firstLine(answer: string): string | undefined {
  const end = answer.indexOf("\r\n");
  return end < 0 ? undefined : answer.slice(0, end);
}

function withoutFirstLine(answer: string): string {
  const end = answer.indexOf("\r\n");
  return end < 0 ? "" : answer.slice(end + 2);
}
