import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { openStorage } from "../../dist/storage/open.js";

// Stores a file of the size that is asked for, reads it back, and tells by how much that made this process grow.
const place = z
  .union([
    z.object({ folder: z.string() }),
    z.object({
      bucket: z.string(),
      endpoint: z.string(),
      region: z.string(),
      accessKeyId: z.string(),
      secretAccessKey: z.string(),
    }),
  ])
  .parse(JSON.parse(process.argv[2] ?? "null"));
const size = Number(process.argv[3]);

const storage = await openStorage(place, {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
});

let peak = 0;
const look = (): void => {
  peak = Math.max(peak, process.memoryUsage.rss());
};
function* content(bytes: number): Generator<Buffer> {
  for (let sent = 0; sent < bytes; sent += 65_536) {
    look();
    yield Buffer.alloc(65_536, 7);
  }
}
async function copy(bytes: number): Promise<void> {
  await storage.put("large", Readable.from(content(bytes)), { contentType: "audio/wav" });
  const sink = new Writable({
    write(_chunk, _encoding, done) {
      look();
      done();
    },
  });
  await pipeline(await storage.get("large"), sink);
  await storage.delete("large");
}
// What the code itself and its buffers take, whatever the size.
await copy(32 * 1024 * 1024);
const before = peak;
peak = 0;
await copy(size);
console.log(JSON.stringify({ grown: peak - before }));
storage.close();
