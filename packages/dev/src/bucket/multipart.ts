import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

/**
 * The two calls about unfinished uploads that s3rver doesn't know: listing them and giving one up.
 *
 * @param folder where s3rver keeps a bucket's unfinished uploads
 * @returns whether the request was one of these, and has been answered
 */
export async function answerMultipart(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const uploadId = searchParams.get("uploadId");
  if (request.method === "DELETE" && uploadId !== null && /^[0-9a-f]+$/.test(uploadId)) {
    await rm(join(folder, uploadId), { recursive: true, force: true });
    response.writeHead(204).end();
    return true;
  }
  if (request.method === "GET" && searchParams.has("uploads")) {
    const uploads = await unfinished(folder, searchParams.get("prefix") ?? "");
    response.writeHead(200, { "content-type": "application/xml" }).end(listing(uploads));
    return true;
  }
  return false;
}

interface Unfinished {
  key: string;
  id: string;
}

async function unfinished(folder: string, prefix: string): Promise<Unfinished[]> {
  if (!existsSync(folder)) return [];
  // One without its key is being given up at this moment.
  const ids = (await readdir(folder)).filter((id) => existsSync(join(folder, id, "key")));
  const all = await Promise.all(
    ids.map(async (id) => ({ id, key: await readFile(join(folder, id, "key"), "utf8") })),
  );
  return all.filter(({ key }) => key.startsWith(prefix));
}

function listing(uploads: readonly Unfinished[]): string {
  const entries = uploads.map(
    ({ key, id }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`,
  );
  return (
    `<?xml version="1.0" encoding="UTF-8"?>` +
    `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${entries.join("")}</ListMultipartUploadsResult>`
  );
}
