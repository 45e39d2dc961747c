import { startPostgres, Visitor, type Postgres } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BrowserSessions } from "../../src/auth/browser-sessions.js";
import { openDatabase } from "../../src/database/open.js";
import { status } from "../../src/operator/status.js";
import { runService, type RunningService } from "../http/running-service.js";

const OPERATOR = "did:plc:operator";
const SOMEBODY = "did:plc:somebody";

let postgres: Postgres;
let service: RunningService;
const cookies = new Map<string, string>();

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  service = await runService({ databaseUrl, env: { ADMIN_DIDS: ` ${OPERATOR} , did:web:other.example` } });
  const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  for (const did of [OPERATOR, SOMEBODY]) {
    await db.insertInto("people").values({ did, handle: "x.test" }).execute();
    cookies.set(did, `plyr_session=${await new BrowserSessions(db).open(did)}`);
  }
  await db.destroy();
});
afterAll(async () => {
  await service.stop();
  await postgres.close();
});

function ask(did: string | null, path = "/operator/status", headers: Record<string, string> = {}) {
  const cookie = did === null ? {} : { cookie: cookies.get(did) ?? "" };
  return new Visitor(service.url).get(path, { headers: { ...cookie, ...headers } });
}

test("whom ADMIN_DIDS names does over HTTP what operators do; others are refused, and told nothing", async () => {
  const nobody = await ask(null);
  expect([nobody.status, nobody.json()]).toMatchObject([401, { error: { code: "not_signed_in" } }]);
  const somebody = await ask(SOMEBODY);
  expect([somebody.status, somebody.json()]).toMatchObject([403, { error: { code: "not_an_operator" } }]);
  const operator = await ask(OPERATOR);
  expect(operator.status).toBe(200);
  expect(status.parse(operator.json())).toMatchObject({ people: 2 });
});

test("also a path that does not exist tells nobody else whether it does", async () => {
  const statuses = await Promise.all(
    [null, SOMEBODY, OPERATOR].map(async (did) => (await ask(did, "/operator/nothing")).status),
  );
  expect(statuses).toEqual([401, 403, 404]);
});

test("another site can't make an operator's browser do anything", async () => {
  const foreign = await new Visitor(service.url).post("/operator/audit", {
    headers: { cookie: cookies.get(OPERATOR) ?? "", origin: "https://evil.example" },
  });
  expect([foreign.status, foreign.json()]).toMatchObject([403, { error: { code: "foreign_origin" } }]);
});

test.each([
  { body: {}, field: "repair" },
  { body: { repair: "yes" }, field: "repair" },
  { body: { repair: false, did: "somebody" }, field: "did" },
  { body: { repair: false, force: true }, field: "force" },
  { body: [], field: "body" },
])("an audit of $body is refused with the field's name", async ({ body, field }) => {
  const answer = await new Visitor(service.url).post("/operator/audit", {
    headers: { cookie: cookies.get(OPERATOR) ?? "" },
    body,
  });
  expect([answer.status, answer.json()]).toMatchObject([422, { error: { field } }]);
});

test("an audit of somebody unknown is refused", async () => {
  const answer = await new Visitor(service.url).post("/operator/audit", {
    headers: { cookie: cookies.get(OPERATOR) ?? "" },
    body: { repair: false, did: "did:plc:mistyped" },
  });
  expect([answer.status, answer.json()]).toMatchObject([404, { error: { code: "unknown_person" } }]);
});
