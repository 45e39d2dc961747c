// A process of its own that, when told to, uses a person's grant for one write and reports what it was answered.
import { openAuth } from "../../dist/auth/auth.js";
import { openClientKeys } from "../../dist/auth/client-keys.js";
import { openDatabase } from "../../dist/database/open.js";
import { openRepositories } from "../../dist/repository/open.js";
import { oauthKeys } from "../../dist/settings/oauth-keys.js";

const [databaseUrl = "", sessionKey = "", scope = "", pdsUrl = "", plcUrl = "", did = ""] =
  process.argv.slice(2);

// Of a confidential client; a public one is on loopback.
const keys = process.env["OAUTH_KEYS"];

const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
const auth = openAuth({
  db,
  databaseUrl,
  sessionKey: Buffer.from(sessionKey, "base64"),
  publicUrl: process.env["PUBLIC_URL"] ?? "http://127.0.0.1:8000",
  clientKeys: await openClientKeys(keys === undefined ? [] : oauthKeys.parse(keys)),
  scope,
  environment: "development",
  plcUrl,
  handleResolverUrl: pdsUrl,
  homes: openRepositories({ environment: "development", plcUrl }).homes,
  log: console,
  onSignIn: () => Promise.resolve(),
});

async function write(): Promise<string> {
  const collection = "fm.plyr.test.like";
  const session = await auth.restore(did);
  const response = await session.fetchHandler("/xrpc/com.atproto.repo.putRecord", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ repo: did, collection, rkey: String(process.pid), record: { $type: collection } }),
  });
  return String(response.status);
}

process.on("message", () => {
  void write()
    .catch((error: unknown) => String(error))
    .then((outcome) => process.send?.(outcome));
});
process.send?.("ready");
