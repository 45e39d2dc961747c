interface Cookie {
  value: string;
  path: string;
  /** Epoch ms. */
  expires: number;
}

/**
 * The cookies of one browser at one host, kept and sent by a browser's rules as far as one host needs them.
 * `Secure` makes no difference: the hosts are on loopback, which browsers trust without TLS.
 */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Takes what an answer's `set-cookie` headers say. */
  take(headers: readonly string[]): void {
    for (const header of headers) {
      const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf("="));
      const cookie: Cookie = {
        value: pair.slice(name.length + 1),
        path: attribute(attributes, "path") ?? "/",
        expires: expiry(attributes),
      };
      if (cookie.expires <= Date.now()) this.#cookies.delete(name);
      else this.#cookies.set(name, cookie);
    }
  }

  get(name: string): string | undefined {
    return this.#cookies.get(name)?.value;
  }

  /** The `cookie` header for a request to this URL; empty when there is nothing to send. */
  headerFor(url: URL): string {
    return [...this.#cookies]
      .filter(([, cookie]) => cookie.expires > Date.now())
      .filter(([, { path }]) => isUnder(url.pathname, path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join("; ");
  }
}

function attribute(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.find((each) => each.split("=")[0]?.toLowerCase() === name);
  return found?.slice(name.length).replace(/^=/, "");
}

function expiry(attributes: readonly string[]): number {
  const maxAge = attribute(attributes, "max-age");
  if (maxAge !== undefined) return Date.now() + Number(maxAge) * 1000;
  const expires = attribute(attributes, "expires");
  return expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires);
}

function isUnder(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
}
