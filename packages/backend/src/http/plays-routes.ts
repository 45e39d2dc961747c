import { createHash } from "node:crypto";
import { Hono, type Context } from "hono";
import { z } from "zod";
import type { Listener, Plays } from "../plays/plays.js";
import type { Preferences } from "../plays/preferences.js";
import { UnknownPlay } from "../plays/refusals.js";
import type { ScrobbleView } from "../plays/scrobbles-view.js";
import type { Cookies } from "./cookies.js";
import { demandEmptyBody } from "./empty-body.js";
import type { HttpEnv, SignedInEnv } from "./env.js";
import { parseBody } from "./posted-body.js";
import type { Doorkeeper } from "./signed-in.js";
import { parseTrackId } from "./track-id.js";

export interface PlaysRouteOptions {
  doorkeeper: Doorkeeper;
  cookies: Cookies;
  plays: Plays;
  preferences: Preferences;
  scrobblesOf: (did: string) => Promise<ScrobbleView[]>;
}

const choice = z.strictObject({ scrobble: z.boolean("must be true or false") });
const playId = z.uuid();

/** Listening: its start and that enough was heard, by anybody; and what a person wants to become of it. */
export function playsRoutes(options: PlaysRouteOptions): Hono<HttpEnv> {
  const { doorkeeper, cookies, plays } = options;
  const routes = new Hono<HttpEnv>();

  routes.post("/tracks/:id/play", async (c) => {
    const trackId = parseTrackId(c.req.param("id"));
    await demandEmptyBody(c);
    const did = await personIn(c);
    const listener = did === null ? visitor(cookies.ensureListener(c)) : { key: did, did };
    const { plays: count, ...play } = await plays.start(listener, trackId);
    return c.json({ play, plays: count });
  });

  routes.post("/plays/:id/heard", async (c) => {
    const id = playId.safeParse(c.req.param("id"));
    if (!id.success) throw new UnknownPlay();
    await demandEmptyBody(c);
    const did = await personIn(c);
    const browser = cookies.listener(c);
    if (did === null && browser === undefined) throw new UnknownPlay();
    const listener = did === null ? visitor(browser ?? "") : { key: did, did };
    return c.json({ heard: true, scrobble: await plays.heard(listener, id.data) });
  });

  async function personIn(c: Context): Promise<string | null> {
    return (await doorkeeper.recognise(c))?.did ?? null;
  }

  routes.route("/", ownRoutes(options));
  return routes;
}

function ownRoutes({ doorkeeper, preferences, scrobblesOf }: PlaysRouteOptions): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  const signedIn = doorkeeper.demandSignedIn();

  routes.get("/me/preferences", signedIn, async (c) => c.json(await preferences.view(c.get("person").did)));

  routes.patch("/me/preferences", signedIn, async (c) => {
    const { scrobble } = await parseBody(c, choice);
    return c.json(await preferences.setScrobble(c.get("person").did, scrobble));
  });

  routes.get("/me/scrobbles", signedIn, async (c) =>
    c.json({ scrobbles: await scrobblesOf(c.get("person").did) }),
  );

  return routes;
}

/** The cookie's value is the browser's alone; the database tells browsers apart by its hash. */
function visitor(cookie: string): Listener {
  return { key: `browser:${createHash("sha256").update(cookie).digest("hex")}`, did: null };
}
