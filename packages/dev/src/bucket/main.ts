import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import S3rver from "s3rver";
import { LOOPBACK } from "../network/ports.js";
import { until } from "../waiting/until.js";
import { answerMultipart } from "./multipart.js";
import { bucketSettings } from "./settings.js";

const { directory, port, bucket } = bucketSettings.parse(JSON.parse(process.argv[2] ?? "null"));
const s3 = new S3rver({ directory, silent: true, configureBuckets: [{ name: bucket }] });
await s3.configureBuckets();

// s3rver answers before what it was sent is in the file; a reader that comes at once would get less.
const { store } = s3;
const written = (path: string, size: number): Promise<unknown> =>
  until("the file is complete", async () => (await stat(path)).size === size, { every: 5 });
const putObject = store.putObject.bind(store);
store.putObject = async (object) => {
  const put = await putObject(object);
  await written(store.getResourcePath(object.bucket, object.key, "object"), put.size);
  return put;
};
const putPart = store.putPart.bind(store);
store.putPart = async (inBucket, uploadId, partNumber, content) => {
  const upload = join(store.getResourcePath(inBucket, "", "uploads"), uploadId);
  // s3rver would begin an upload that was given up anew, with this part alone, and nobody would ever hear of it.
  if (!existsSync(join(upload, "key"))) throw new Error("NoSuchUpload: it was given up");
  const put = await putPart(inBucket, uploadId, partNumber, content);
  await written(join(upload, partNumber), put.size);
  return put;
};

const answer = s3.callback();
const server = createServer((request, response) => {
  answerMultipart(store.getResourcePath(bucket, "", "uploads"), request, response).then(
    (answered) => {
      if (!answered) answer(request, response);
    },
    (error: unknown) => {
      response.writeHead(500).end(String(error));
    },
  );
});
server.listen(port, LOOPBACK, () => process.send?.({ ready: true }));

const leave = (): void => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
};
process.once("SIGTERM", leave);
process.once("SIGINT", leave);
// Whoever started us is gone; nobody else will ever stop us.
process.once("disconnect", leave);
