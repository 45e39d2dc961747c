import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { connectService, type Service } from "../src/api/service.js";

/** A request that has arrived and waits for the test to answer it. */
export interface Arrival {
  /** Such as `POST /tracks/1/like`. */
  line: string;
  answer: (status: number, body: unknown, headers?: Record<string, string>) => void;
  answerText: (status: number, text: string) => void;
  /** Cuts the connection without an answer. */
  drop: () => void;
}

export interface Counterpart {
  service: Service;
  /** The next request, in order of arrival; each is given out once. */
  next: () => Promise<Arrival>;
  /** Every request line so far. */
  lines: string[];
}

/** A server on a free loopback port whose every answer the test gives by hand; gone when the test is. */
export async function startCounterpart(): Promise<Counterpart> {
  const arrived: Arrival[] = [];
  const awaiting: ((arrival: Arrival) => void)[] = [];
  const lines: string[] = [];

  const server = createServer((request, response) => {
    const arrival = arrivalOf(`${request.method ?? ""} ${request.url ?? ""}`, response);
    lines.push(arrival.line);
    const taker = awaiting.shift();
    if (taker) taker(arrival);
    else arrived.push(arrival);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    service: connectService(fetch, `http://127.0.0.1:${String(address.port)}`),
    lines,
    next: () => {
      const waiting = arrived.shift();
      return waiting ? Promise.resolve(waiting) : new Promise((resolve) => awaiting.push(resolve));
    },
  };
}

function arrivalOf(line: string, response: ServerResponse): Arrival {
  const answerText = (status: number, text: string, headers: Record<string, string> = {}) => {
    response.writeHead(status, headers).end(text);
  };
  return {
    line,
    answerText,
    answer: (status, body, headers) => {
      answerText(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
    },
    drop: () => response.destroy(),
  };
}
