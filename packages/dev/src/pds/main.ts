import { createServer, type RequestListener, type Server } from "node:http";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PlcServer } from "@did-plc/server";
import { envToCfg, envToSecrets, PDS } from "@atproto/pds";
import { LOOPBACK } from "../network/ports.js";
import { PlcJournal } from "./plc-journal.js";
import { pdsSecretsIn } from "./secrets.js";
import { type PdsReady, pdsSettings } from "./settings.js";

/** What an Express application is to us; Express brings no types of its own. */
type Application = RequestListener & { listen: (port: number) => Server };

function isApplication(app: unknown): app is Application {
  return typeof app === "function" && "listen" in app;
}

/** Both servers call `app.listen(port)`, which would open the port to the whole network. */
function listenOnLoopback(app: unknown, port: number): void {
  if (!isApplication(app))
    throw new Error("The server isn't an Express application any more; see its release notes.");
  app.listen = () => createServer(app).listen(port, LOOPBACK);
}

/** Its own requests bring a dispatcher that knows of no proxy, and behind a front only the proxy knows the names. */
function askByProxy(): void {
  const ask = globalThis.fetch;
  globalThis.fetch = (input, init = {}) => {
    const asked = { ...init };
    delete asked.dispatcher;
    return ask(input, asked);
  };
}

const settings = pdsSettings.parse(JSON.parse(process.argv[2] ?? "null"));
const inside = (name: string): string => {
  const path = join(settings.dataDir, name);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
};
inside(".");
const secrets = pdsSecretsIn(settings.dataDir);

const plc = PlcServer.create({ db: await PlcJournal.open(join(settings.dataDir, "plc.jsonl")) });
listenOnLoopback(plc.app, settings.plcPort);
await plc.start();

if (settings.hostname !== undefined) askByProxy();
const env = {
  // Plain HTTP and private addresses are refused otherwise, by its OAuth and by its fetches.
  devMode: true,
  port: settings.port,
  ...(settings.hostname !== undefined && {
    hostname: settings.hostname,
    serviceHandleDomains: [".test"],
  }),
  dataDirectory: inside("."),
  blobstoreDiskLocation: inside("blobs"),
  blobstoreDiskTmpLocation: inside("blobs-incoming"),
  blobUploadLimit: settings.blobUploadLimit,
  didPlcUrl: `http://${LOOPBACK}:${String(settings.plcPort)}`,
  inviteRequired: false,
  rateLimitsEnabled: settings.rateLimitsEnabled,
  adminPassword: secrets.adminPassword,
  jwtSecret: secrets.jwtSecret,
  dpopSecret: secrets.dpopSecret,
  plcRotationKeyK256PrivateKeyHex: secrets.plcRotationKey,
};
const pds = await PDS.create(envToCfg(env), envToSecrets(env));
listenOnLoopback(pds.app, settings.listenPort);

let leaving = false;
async function leave(): Promise<void> {
  if (leaving) return;
  leaving = true;
  await pds.destroy();
  await plc.destroy();
  process.exit(0);
}
process.once("SIGTERM", () => void leave());
process.once("SIGINT", () => void leave());
// Whoever started us is gone; nobody else will ever stop us.
process.once("disconnect", () => void leave());

await pds.start();
process.send?.({ ready: true, adminPassword: secrets.adminPassword } satisfies PdsReady);
