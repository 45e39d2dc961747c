import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { AtpAgent } from "@atproto/api";
import { z } from "zod";
import { type Account, freePort, type GatedPds, signIn, startGatedPds, Visitor, xrpc } from "../src/index.js";

const redirect = "http://127.0.0.1:20000/auth/callback";
const clientId = `http://localhost?${new URLSearchParams({ redirect_uri: redirect, scope: "atproto" }).toString()}`;

let world: GatedPds;
let person: Account;
beforeAll(async () => {
  world = await startGatedPds();
  person = await world.pds.createAccount({ handle: "grace.test", password: "nanoseconds" });
});
afterAll(() => world.close());
beforeEach(() => {
  world.gate.clear();
});

/** What our service does first: registers its wish with the PDS, and gets the page to send the person to. */
async function pushedAuthorizeUrl(): Promise<string> {
  const challenge = createHash("sha256").update(randomBytes(32).toString("base64url")).digest("base64url");
  const body = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirect,
    scope: "atproto",
    response_type: "code",
    state: "as-we-said",
    code_challenge_method: "S256",
    code_challenge: challenge,
  });
  const answer = await fetch(`${world.pds.url}/oauth/par`, { method: "POST", body });
  const { request_uri } = z.object({ request_uri: z.string() }).parse(await answer.json());
  return `${world.pds.url}/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri }).toString()}`;
}

test("a person with the right password comes back with a code, through the gate", async () => {
  const authorizeUrl = await pushedAuthorizeUrl();
  const back = new URL(await signIn({ authorizeUrl, ...person }));

  expect(back.origin + back.pathname).toBe(redirect);
  expect(back.searchParams.get("state")).toBe("as-we-said");
  expect(back.searchParams.get("iss")).toBe(world.pds.url);
  expect(back.searchParams.get("code")).toMatch(/^cod-/);
  expect(world.gate.answered(({ path }) => path.endsWith("/consent"), 200)).toBe(1);
});

test("a wrong password is refused, with the PDS's reason", async () => {
  const authorizeUrl = await pushedAuthorizeUrl();
  await expect(signIn({ authorizeUrl, handle: person.handle, password: "guessed" })).rejects.toThrow(
    "did not sign grace.test in: it answered 400",
  );
});

test("a visitor goes from the service to the PDS and back, keeping the service's cookies", async () => {
  const port = await freePort();
  const service = createServer((request, response) => {
    void (async () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", redirect);
      if (pathname === "/auth/start") {
        const location = await pushedAuthorizeUrl();
        response.writeHead(302, { location, "set-cookie": "begun=here; HttpOnly; Path=/auth" }).end();
      } else {
        const cookie = request.headers.cookie ?? "none";
        response.writeHead(200, { "set-cookie": "begun=; Max-Age=0; Path=/auth" });
        response.end(`${cookie} ${searchParams.get("state") ?? ""} ${request.headers.origin ?? ""}`);
      }
    })();
  }).listen(port, "127.0.0.1");
  onTestFinished(() => {
    service.closeAllConnections();
    service.close();
  });
  const base = `http://127.0.0.1:${String(port)}`;
  const visitor = new Visitor(base);

  const started = await visitor.get("/auth/start?handle=grace.test");
  expect(visitor.cookie("begun")).toBe("here");
  const back = new URL(await signIn({ authorizeUrl: started.headers.location ?? "", ...person }));
  expect((await visitor.get(back.pathname + back.search)).text).toBe("begun=here as-we-said ");
  expect((await visitor.get("/auth/callback")).text).toBe("none  ");
  expect((await visitor.post("/elsewhere")).text).toBe(`none  ${base}`);
});

test("a write whose answer is lost at the gate is on the PDS", async () => {
  const agent = new AtpAgent({ service: world.pds.url });
  await agent.login({ identifier: person.handle, password: person.password });
  const address = { repo: person.did, collection: "fm.plyr.dev.like", rkey: "3mwvxakh4222b" };
  const lost = world.gate.loseAnswer(xrpc("com.atproto.repo.putRecord"), { times: 1 });

  await expect(agent.com.atproto.repo.putRecord({ ...address, record: { n: 1 } })).rejects.toThrow(
    "fetch failed",
  );

  expect(lost.caught).toBe(1);
  expect((await agent.com.atproto.repo.getRecord(address)).data.value).toMatchObject({ n: 1 });
});
