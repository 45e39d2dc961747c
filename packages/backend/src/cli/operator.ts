import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { z } from "zod";
import { answerLine } from "../operator/lines.js";

/** A request to the operators' routes, whichever process they run in. */
export type Send = (request: {
  method: "GET" | "POST" | "DELETE";
  /** Under `/operator`, with its query. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
}) => Promise<Response>;

/** The service said no, or could not. Its words are for the operator. */
export class Refused extends Error {
  override readonly name = "Refused";
}

const problem = z.object({ error: z.object({ message: z.string() }) });

/** The operators' routes, as commands use them. Every answer is checked. */
export class Operator {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** @throws {Refused} with the service's words */
  async get<T>(path: string, answer: z.ZodType<T>): Promise<T> {
    return answer.parse(await (await this.#ask("GET", path)).json());
  }

  /** @throws {Refused} with the service's words */
  async post<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return answer.parse(await (await this.#ask("POST", path, body)).json());
  }

  /** @throws {Refused} with the service's words */
  async delete<T>(path: string, answer: z.ZodType<T>): Promise<T> {
    return answer.parse(await (await this.#ask("DELETE", path)).json());
  }

  /**
   * The lines of a long answer, as they come.
   *
   * @throws {Refused} when it was refused, failed in the middle, or was cut off
   */
  async *lines<T>(path: string, body: unknown, line: z.ZodType<T>): AsyncIterable<T> {
    const { body: content } = await this.#ask("POST", path, body);
    if (content === null) throw new Refused("the service sent an empty answer");
    for await (const text of createInterface({ input: Readable.fromWeb(content), crlfDelay: Infinity })) {
      const said = answerLine.parse(JSON.parse(text));
      if ("line" in said) yield line.parse(said.line);
      else if (said.end === "done") return;
      else throw new Refused(said.message);
    }
    throw new Refused("the service's answer was cut off in the middle: it was stopped, or is in trouble");
  }

  async #ask(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<Response> {
    const response = await this.#send({ method, path: `/operator${path}`, body });
    if (response.ok) return response;
    const told = problem.safeParse(await response.json().catch(() => undefined));
    throw new Refused(told.data?.error.message ?? `the service answered ${String(response.status)}`);
  }
}
