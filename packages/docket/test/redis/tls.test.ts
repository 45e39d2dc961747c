import { expect } from "vitest";
import { Docket, StoreUnavailable } from "../../src/index.js";
import { freePort, RedisServer } from "../redis-server.js";
import { until } from "../until.js";
import { Authority } from "./certificates.js";
import { chore } from "./chores.js";
import { test } from "./harbour.js";

test("a server that asks for a certificate is shown one on every connection, and serves nobody without", async ({
  harbour,
}) => {
  using authority = new Authority();
  const [its, ours] = [authority.issue("server"), authority.issue("client")];
  const port = await freePort();
  await using server = await RedisServer.start([
    ...["--tls-port", String(port), "--tls-auth-clients", "yes"],
    ...[
      "--tls-ca-cert-file",
      authority.certFile,
      "--tls-cert-file",
      its.certFile,
      "--tls-key-file",
      its.keyFile,
    ],
  ]);
  const ran: number[] = [];
  const services = { run: (n: number): Promise<unknown> => Promise.resolve(ran.push(n)) };
  const place = { url: `rediss://localhost:${String(port)}`, ca: authority.cert };
  const docket = await harbour.open(services, [chore], { ...place, cert: ours.cert, key: ours.key });
  await harbour.worker(docket);
  await docket.add(chore, 1);
  await until("it has run", () => ran.length === 1);
  expect(await server.ask((redis) => redis.client("LIST"))).toContain("cmd=blpop");

  const stranger = await harbour.open(services, [chore], place);
  await expect(stranger.add(chore, 2)).rejects.toThrow(StoreUnavailable);
});

test("certificates that would go unused, or lack their other half, are refused", async () => {
  const open = (given: object) =>
    Docket.open({ url: "redis://127.0.0.1:1", tasks: [], services: undefined, ...given });
  await expect(open({ cert: "c", key: "k" })).rejects.toThrow(RangeError);
  await expect(open({ url: "rediss://127.0.0.1:1", cert: "c" })).rejects.toThrow("give both");
  await expect(open({ url: "rediss://127.0.0.1:1", key: "k" })).rejects.toThrow("give both");
});
