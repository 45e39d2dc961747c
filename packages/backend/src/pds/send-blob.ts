import { Readable, Transform } from "node:stream";
import { z } from "zod";
import type { RecordContent } from "../database/schema.js";
import type { PdsSession } from "./session.js";

/** A file to be sent to a PDS. */
export interface OutgoingBlob {
  /** Bytes. */
  readonly size: number;
  readonly mimeType: string;
  /** From its beginning, anew at each call. */
  readonly open: () => Promise<Readable>;
  /** Told how many bytes have left. */
  readonly onSent?: (bytes: number) => void;
}

/** A stream can't be sent again by the session itself: it answers 401 after it has refreshed its token or nonce. */
const TRIES = 3;

const uploaded = z.object({
  blob: z.object({
    $type: z.literal("blob"),
    ref: z.object({ $link: z.string() }),
    mimeType: z.string(),
    size: z.number(),
  }),
});

/**
 * Sends a file to a PDS without holding it in memory.
 *
 * @param send as that person; gives the answer, whatever its status, except 2xx it throws
 * @returns the reference that a record is to hold
 */
export async function sendBlob(
  session: PdsSession,
  blob: OutgoingBlob,
  send: (path: string, init: RequestInit) => Promise<Response>,
  isUnauthorised: (error: unknown) => boolean,
): Promise<RecordContent> {
  // Brings a fresh token and nonce without costing a file.
  await (await session.fetchHandler("/xrpc/com.atproto.server.getSession", { method: "GET" })).body?.cancel();
  for (let tries = 1; ; tries += 1) {
    const content = await blob.open();
    try {
      const response = await send("/xrpc/com.atproto.repo.uploadBlob", {
        method: "POST",
        headers: { "content-type": blob.mimeType, "content-length": String(blob.size) },
        body: Readable.toWeb(counted(content, blob.onSent)),
        duplex: "half",
      });
      return uploaded.parse(await response.json()).blob;
    } catch (error) {
      if (tries === TRIES || !isUnauthorised(error)) throw error;
    } finally {
      content.destroy();
    }
  }
}

function counted(content: Readable, onSent: (bytes: number) => void = () => undefined): Readable {
  let sent = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      onSent(sent);
      done(null, chunk);
    },
  });
  content.once("error", (error) => counter.destroy(error));
  return content.pipe(counter);
}
