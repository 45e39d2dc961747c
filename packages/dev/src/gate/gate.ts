import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { LOOPBACK, freePort } from "../network/ports.js";
import { askTarget, passOn } from "./forward.js";
import type { GateRequest, Match, Passage } from "./passage.js";
import {
  type Answer,
  answered,
  type HeldAnswer,
  type HeldRequest,
  type Rule,
  type RuleOptions,
  Rules,
} from "./rules.js";

export interface GateOptions {
  /** The public port of what stands behind. Default: a free one. */
  listenPort?: number;
  /** Where that really listens, `http://localhost:PORT`; may be given later by `pointAt`. */
  target?: string;
}

/** Stands in front of a server and does, request by request, what a network does at its worst. */
export interface Gate extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Everything that came, in order; an entry fills as its request goes on. */
  readonly passages: readonly Passage[];
  pointAt(target: string): void;
  /** Resolves when the next matching request stands before the target; it stands there until told. */
  holdRequest(match: Match): Promise<HeldRequest>;
  /** Resolves when the target has answered the next matching request; the client doesn't know yet. */
  holdAnswer(match: Match): Promise<HeldAnswer>;
  /** Answers in place of the target, which is never asked. */
  answer(match: Match, answer: Answer, options?: RuleOptions): Rule;
  /** Cuts the connection; the target is never asked. */
  drop(match: Match, options?: RuleOptions): Rule;
  /** The target does as asked, then the connection is cut before its answer. */
  loseAnswer(match: Match, options?: RuleOptions): Rule;
  /** Lets requests wait this long, in ms, before they go on. */
  delay(match: Match, ms: number, options?: RuleOptions): Rule;
  /** How many matching requests the target has answered (with this status, when given). */
  answered(match: Match, status?: number): number;
  /** Nobody listens any more: new connections are refused, those that stand are cut. */
  shut(): Promise<void>;
  /** Listens again on the same port. */
  open(): Promise<void>;
  /** Removes all rules and lets go on what is held. */
  clear(): void;
  /** Clears and shuts. May be called twice. */
  close(): Promise<void>;
}

/** @throws when the given port is taken */
export async function startGate(options: GateOptions = {}): Promise<Gate> {
  const port = options.listenPort ?? (await freePort());
  const rules = new Rules();
  const passages: Passage[] = [];
  let target = options.target === undefined ? undefined : new URL(options.target);

  const server = createServer((incoming, response) => {
    admit(incoming, response).catch(() => {
      // The target, or the client, went away in the middle: the other one sees the same.
      incoming.socket.destroy();
    });
  });

  async function admit(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const request = describe(incoming, body);
    const passage: Passage = { request, forwarded: false, targetStatus: null, status: null };
    passages.push(passage);
    const rule = rules.take(request);

    const before = (await rule?.before?.(request)) ?? "forward";
    if (before === "drop") return void incoming.socket.destroy();
    if (before !== "forward") {
      answerOurselves(response, before);
      passage.status = before.status;
      return;
    }
    if (!target) throw new Error("The gate has no target yet; call pointAt.");

    passage.forwarded = true;
    const answer = await askTarget(target, incoming, body);
    passage.targetStatus = answer.status;
    if ((await rule?.after?.(request, answer.status)) === "drop") return void incoming.socket.destroy();
    passOn(answer, response);
    passage.status = answer.status;
  }

  const open = async (): Promise<void> => {
    server.listen(port, LOOPBACK);
    await once(server, "listening");
  };
  const shut = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  const close = async (): Promise<void> => {
    rules.clear();
    await shut();
  };

  await open();
  return {
    port,
    url: `http://localhost:${String(port)}`,
    passages,
    pointAt: (url) => {
      target = new URL(url);
    },
    holdRequest: (match) => rules.holdRequest(match),
    holdAnswer: (match) => rules.holdAnswer(match),
    answer: (match, answer, rule = {}) => rules.add(match, rule, { before: () => Promise.resolve(answer) }),
    drop: (match, rule = {}) => rules.add(match, rule, { before: () => Promise.resolve("drop") }),
    loseAnswer: (match, rule = {}) => rules.add(match, rule, { after: () => Promise.resolve("drop") }),
    delay: (match, ms, rule = {}) => rules.add(match, rule, { before: () => pause(ms, "forward" as const) }),
    answered: (match, status) => answered(passages, match, status),
    shut,
    open,
    clear: () => {
      rules.clear();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function describe(incoming: IncomingMessage, body: Buffer): GateRequest {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: body.toString(),
  };
}

function answerOurselves(response: ServerResponse, { status, headers = {}, body = "" }: Answer): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(text);
}
