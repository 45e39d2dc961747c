import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { freePort, LOOPBACK } from "../network/ports.js";

/** One song at one position, as AuDD names it. */
export interface AuddSong {
  readonly artist: string;
  readonly title: string;
  /** Seconds into the audio at which the position's part begins. */
  readonly at: number;
}

/** What becomes of a call. */
export type AuddTurn =
  | { readonly kind: "songs"; readonly songs: readonly AuddSong[] }
  /** AuDD's own error, in an answer of 200. */
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  /** Billed, and the line is cut: before the answer, or in the middle of it. */
  | { readonly kind: "lost"; readonly when: "before the answer" | "in the answer" }
  /** Billed, and answered with something that is not AuDD's. */
  | { readonly kind: "nonsense" }
  /** Billed, and answered when `release` is called, or never. */
  | { readonly kind: "held"; readonly arrived: (release: () => void) => void };

export interface AuddCall {
  readonly token: string | null;
  /** What AuDD was asked to fetch. */
  readonly url: string | null;
  readonly accurateOffsets: string | null;
  /** Status, type and bytes with which the address answered it. */
  readonly fetched: { readonly status: number; readonly bytes: number } | null;
  readonly billed: boolean;
}

/** Stands in for AuDD's enterprise endpoint: it fetches the audio as AuDD would, and answers in AuDD's words. */
export interface Audd extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly AuddCall[];
  /** How many calls AuDD would send a bill for. */
  billed(): number;
  /** What becomes of the next calls, one each; afterwards nothing is found. */
  script(...turns: readonly AuddTurn[]): void;
  /** Forgets calls and script. */
  clear(): void;
}

const LARGEST_FORM = 64 * 1024;

/** Starts it on loopback. */
export async function startAudd(): Promise<Audd> {
  const calls: AuddCall[] = [];
  let turns: AuddTurn[] = [];
  const server = createServer((request, response) => {
    take(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await read(request));
    const turn = turns.shift() ?? { kind: "songs", songs: [] };
    const url = form.get("url");
    const fetched = url === null || turn.kind === "status" ? null : await fetchAudio(url);
    const refused = turn.kind === "status" || turn.kind === "error";
    calls.push({
      ...{ token: form.get("api_token"), url, accurateOffsets: form.get("accurate_offsets") },
      ...{ fetched, billed: !refused },
    });
    await act(turn, response);
  }

  server.listen(await freePort(), LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("AuDD's stand-in has no port");
  return {
    url: `http://${LOOPBACK}:${String(address.port)}/`,
    calls,
    billed: () => calls.filter(({ billed }) => billed).length,
    script(...next) {
      turns.push(...next);
    },
    clear() {
      calls.length = 0;
      turns = [];
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function act(turn: AuddTurn, response: ServerResponse): Promise<void> {
  switch (turn.kind) {
    case "songs":
      answer(response, success(turn.songs));
      return;
    case "error":
      answer(response, {
        status: "error",
        error: { error_code: turn.code, error_message: turn.message },
        request_params: {},
        request_api_method: "recognize",
      });
      return;
    case "status":
      response.writeHead(turn.status, turn.headers).end("<html>not now</html>");
      return;
    case "lost":
      if (turn.when === "in the answer") {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"status":"success","result":[');
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.destroy();
      return;
    case "nonsense":
      response.writeHead(200).end("<html>welcome</html>");
      return;
    case "held": {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      turn.arrived(() => {
        resolve(undefined);
      });
      response.once("close", () => {
        resolve(undefined);
      });
      await promise;
      if (!response.destroyed) answer(response, success([]));
    }
  }
}

function answer(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}

/** As the enterprise endpoint answers with `accurate_offsets`: one entry for each part of the audio with songs in it. */
function success(songs: readonly AuddSong[]): object {
  const parts = Map.groupBy(songs, ({ at }) => at);
  return {
    status: "success",
    result: [...parts].map(([at, found]) => ({
      offset: clock(at),
      songs: found.map(({ artist, title }) => ({
        ...{ artist, title, album: title, release_date: "2020-01-01", label: "A Label" },
        ...{ timecode: "00:30", song_link: "https://lis.tn/x", start_offset: 500, end_offset: 11_500 },
      })),
    })),
    execution_time: "1.20",
  };
}

function clock(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LARGEST_FORM) throw new Error("the form is too long");
  }
  return text;
}

async function fetchAudio(url: string): Promise<{ status: number; bytes: number }> {
  const response = await fetch(url);
  return { status: response.status, bytes: (await response.arrayBuffer()).byteLength };
}
