import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { defineTask, Docket, StoreUnavailable } from "../../src/index.js";
import { whyUnreachable } from "../../src/store/redis/unreachable.js";
import { matching } from "../matching.js";
import { RedisServer } from "../redis-server.js";

const chore = defineTask<undefined>()({ name: "chore", payload: z.null(), run: () => Promise.resolve() });

let folder: string;
let guarded: RedisServer;
/** Shows a certificate for localhost that nobody has signed but itself. */
let secure: Server;
let closed: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "docket-tls-"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"];
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"];
  execFileSync("openssl", ["req", "-x509", ...key, ...name, "-out", "cert.pem"], {
    cwd: folder,
    stdio: "ignore",
  });
  const [cert, pem] = [readFileSync(join(folder, "cert.pem")), readFileSync(join(folder, "key.pem"))];
  secure = createTlsServer({ cert, key: pem }, (socket) => socket.end());
  secure.listen(0, "127.0.0.1");
  await once(secure, "listening");
  guarded = await RedisServer.start(["--user", "plyr", "on", ">secret", "~*", "&*", "+@all"]);
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  closed = portOf(gone);
  gone.close();
});
afterAll(async () => {
  secure.close();
  await guarded[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it doesn't listen");
  return address.port;
}

interface Mistake {
  readonly what: string;
  readonly url: () => string;
  readonly ca?: () => string;
  readonly message: RegExp;
}

const shared = (): string => new URL(inject("redisUrl")).host;

const mistakes: readonly Mistake[] = [
  {
    what: "nobody listens",
    url: () => `redis://127.0.0.1:${String(closed)}`,
    message: /ECONNREFUSED 127\.0\.0\.1:\d+: see that it runs where the docket's url says$/,
  },
  {
    what: "there is no such socket",
    url: () => "unix:///no/such/redis.sock",
    message: /ENOENT .*: look at the path in the docket's url$/,
  },
  {
    what: "the password is wrong",
    url: () => guarded.url.replace("//", "//plyr:hunter2@"),
    message: /WRONGPASS .*: look at the user and the password in the docket's url$/,
  },
  {
    what: "the server's certificate is signed by nobody known",
    url: () => `rediss://localhost:${String(portOf(secure))}`,
    message: /self-signed certificate.*: give the authority that has signed the server's as the docket's ca$/,
  },
  {
    what: "the certificate is another's",
    url: () => `rediss://127.0.0.1:${String(portOf(secure))}`,
    ca: () => readFileSync(join(folder, "cert.pem"), "utf8"),
    message: /altnames.*: have the docket's url name the server as its certificate does$/i,
  },
  {
    what: "the server speaks no TLS",
    url: () => `rediss://${shared()}`,
    message: /no connection within 1000 ms: see that it runs, and speaks TLS if the docket's url is rediss:$/,
  },
];

describe.concurrent("a Redis that can't be used because", () => {
  test.for(mistakes)(
    "$what makes docket unavailable, with the reason and what to do",
    async ({ url, ca, message }) => {
      const docket = await Docket.open<undefined>({
        url: url(),
        ca: ca?.(),
        tasks: [chore],
        services: undefined,
      });
      const refusal: unknown = await docket.add(chore, null).catch((error: unknown) => error);
      await docket.close();
      expect(refusal).toBeInstanceOf(StoreUnavailable);
      expect(refusal).toMatchObject({ message: matching(/^redis can't be reached: /) });
      expect(refusal).toMatchObject({ message: matching(message) });
      expect(String(refusal)).not.toContain("hunter2");
    },
  );
});

test("a host of several addresses that all refuse tells of the first; what isn't known is told as it is", () => {
  const refused = (at: string): Error => new Error(`connect ECONNREFUSED ${at}`);
  expect(whyUnreachable(new AggregateError([refused("::1:6379"), refused("127.0.0.1:6379")], ""))).toBe(
    "connect ECONNREFUSED ::1:6379: see that it runs where the docket's url says",
  );
  expect(whyUnreachable(new Error("SSL routines:ssl3_get_record:wrong version number"))).toMatch(
    /: the server speaks no TLS there: use its TLS port, or redis: in the docket's url$/,
  );
  expect(whyUnreachable(new AggregateError(["odd"], ""))).toBe("odd");
  expect(whyUnreachable(new Error("never seen before"))).toBe("never seen before");
});
