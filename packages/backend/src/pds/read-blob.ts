import { createHash } from "node:crypto";
import { Readable, Transform } from "node:stream";
import { parseCidSafe, SHA256_HASH_CODE } from "@atproto/lex";

/** A file as a record names it. */
export interface NamedBlob {
  /** Of its content. */
  readonly cid: string;
  /** Bytes. */
  readonly size: number;
}

/** What came is not what the record names. */
export class WrongBlob extends Error {
  override readonly name = "WrongBlob";
}

/**
 * Reads a file from a PDS without holding it in memory. Its name is the hash of its content, so whatever comes is held
 * against that: `take` fails with {WrongBlob} when more or something else came.
 *
 * @param send gives the answer; except 2xx it throws
 */
export async function readBlob<T>(
  did: string,
  blob: NamedBlob,
  send: (path: string) => Promise<Response>,
  take: (content: Readable) => Promise<T>,
): Promise<T> {
  const query = new URLSearchParams({ did, cid: blob.cid });
  const checked = checking(blob);
  const { body } = await send(`/xrpc/com.atproto.sync.getBlob?${query.toString()}`);
  if (body === null) throw new WrongBlob("the PDS answered without a file");
  const content = Readable.fromWeb(body);
  content.once("error", (error) => checked.destroy(error));
  checked.once("close", () => content.destroy());
  try {
    return await take(content.pipe(checked));
  } finally {
    checked.destroy();
  }
}

/** @throws {WrongBlob} when the name can't be checked */
function checking({ cid, size }: NamedBlob): Transform {
  const digest = digestOf(cid);
  const hash = createHash("sha256");
  let received = 0;
  const wrong = () => new WrongBlob(`what came for ${cid} is something else`);
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      hash.update(chunk);
      // A stranger's server may send for ever.
      if (received > size) done(wrong());
      else done(null, chunk);
    },
    flush(done) {
      done(hash.digest().equals(digest) ? null : wrong());
    },
  });
  // Whoever takes it looks whether it has failed; an error that comes before that must not end the process.
  checked.on("error", () => undefined);
  return checked;
}

function digestOf(text: string): Uint8Array {
  const multihash = parseCidSafe(text)?.multihash;
  if (multihash?.code === SHA256_HASH_CODE) return multihash.digest;
  throw new WrongBlob(`${text.slice(0, 100)} can't be checked: it is no CID with SHA-256`);
}
