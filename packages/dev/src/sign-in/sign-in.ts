import { z } from "zod";
import type { FrontDoor } from "../https/front.js";
import { CookieJar } from "./cookie-jar.js";
import { exchange, type Reply } from "./exchange.js";

export interface SignIn {
  /** Where the service sent the browser: the PDS's authorize URL. */
  authorizeUrl: string;
  handle: string;
  password: string;
  /** Where `https:` leads to. */
  door?: FrontDoor | undefined;
}

const signedIn = z.object({ account: z.object({ did: z.string() }), ephemeralToken: z.string() });
const consented = z.object({ url: z.url() });

/**
 * Signs a person in at their PDS and consents, with the requests that the PDS's own page makes, in half a
 * second. Returns the URL of the service's callback, which the caller then visits.
 *
 * @throws when the PDS refuses: a wrong password, a request that expired, …
 */
export async function signIn({ authorizeUrl, handle, password, door }: SignIn): Promise<string> {
  const jar = new CookieJar();
  const page = new URL(authorizeUrl);
  const navigation = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none" };

  const opened = await exchange({ method: "GET", url: page, jar, door, headers: navigation });
  if (opened.status !== 200) throw refusal("open its sign-in page", opened);

  const post = async (name: string, body: object, headers: Record<string, string> = {}): Promise<Reply> =>
    exchange({
      method: "POST",
      url: new URL(`/@atproto/oauth-provider/~api/${name}`, page),
      jar,
      door,
      body: JSON.stringify(body),
      headers: {
        "content-type": "application/json",
        "sec-fetch-mode": "same-origin",
        "sec-fetch-site": "same-origin",
        "sec-fetch-dest": "empty",
        origin: page.origin,
        referer: page.href,
        "x-csrf-token": jar.get("csrf-token") ?? "",
        ...headers,
      },
    });

  const answer = await post("sign-in", { locale: "en", username: handle, password, remember: false });
  if (answer.status !== 200) throw refusal(`sign ${handle} in`, answer);
  const { account, ephemeralToken } = signedIn.parse(JSON.parse(answer.text));

  const consent = await post("consent", { did: account.did }, { authorization: `Bearer ${ephemeralToken}` });
  if (consent.status !== 200) throw refusal("take the consent", consent);
  const onward = new URL(consented.parse(JSON.parse(consent.text)).url);

  const redirect = await exchange({
    method: "GET",
    url: onward,
    jar,
    door,
    headers: { ...navigation, "sec-fetch-site": "same-origin", referer: page.href },
  });
  const location = redirect.headers.location;
  if (redirect.status !== 303 || location === undefined) throw refusal("send the browser back", redirect);
  return location;
}

function refusal(what: string, { status, text }: Reply): Error {
  return new Error(`The PDS did not ${what}: it answered ${String(status)} ${text.slice(0, 500)}`);
}
