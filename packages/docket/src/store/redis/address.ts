import type { RedisOptions } from "ioredis";

/** Where a Redis is, and who vouches for whom. Can be handed to a thread as it is. */
export interface Server {
  /** `redis:`, `rediss:` (also `+sentinel`, `+cluster`), or `unix:`. */
  readonly url: string;
  /** For TLS: certificates (PEM) of authorities; undefined: those that Node trusts. */
  readonly ca: string | undefined;
  /** For TLS: the client's own certificate and its key (PEM), where the server asks for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Node {
  readonly host: string;
  readonly port: number;
}

/** A server's URL as a client takes it. */
export interface Address {
  /** Of one server: who logs in, and to which database; with sentinels the host says nothing. */
  readonly url: string;
  readonly options: Pick<
    RedisOptions,
    "sentinels" | "name" | "sentinelUsername" | "sentinelPassword" | "username" | "password"
  >;
  /** Nodes of a cluster to begin with; empty for anything else. */
  readonly nodes: readonly Node[];
  readonly tls: boolean;
}

/** What is allowed; without an example of ours a password would stand in the error. */
export const ALLOWED_URLS =
  "redis://host:port, rediss://host:port, unix:///path/of/socket, redis+sentinel://host:port,host:port/name, " +
  "redis+cluster://host:port,host:port (rediss+… for TLS) or memory://";

const UNIX = /^unix:(?:\/\/(?:([^@/]*)@)?)?(\/[^/?][^?]*)(\?.*)?$/;
const MANY = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^@/?]+)(?:\/([^/?]*)(\/\d+)?)?(?:\?(.*))?$/;
const ONE = /^(.+?)(?::(\d{1,5}))?$/;

/** Undefined for what can't be used. */
export function readAddress(url: string): Address | undefined {
  const { protocol, hostname } = URL.parse(url) ?? {};
  if ((protocol === "redis:" || protocol === "rediss:") && hostname !== "")
    return { url, options: {}, nodes: [], tls: protocol === "rediss:" };
  return readSocket(url) ?? readMany(url);
}

function readSocket(url: string): Address | undefined {
  const [, login, path, query = ""] = UNIX.exec(url) ?? [];
  if (path === undefined) return undefined;
  const [username, password] = credentials(login);
  const options = password === undefined ? {} : { ...(username ? { username } : {}), password };
  return { url: `${path}${query}`, options, nodes: [], tls: false };
}

/** Several servers, of which the right one is asked for. */
function readMany(url: string): Address | undefined {
  const [, scheme, kind, login, hosts, path = "", database = "", query] = MANY.exec(url) ?? [];
  if (scheme === undefined || hosts === undefined) return undefined;
  const nodes = hosts.split(",").map((host) => readNode(host, kind === "sentinel" ? 26_379 : 6_379));
  if (!nodes.every((node) => node !== undefined)) return undefined;
  const [first] = nodes;
  if (first === undefined) return undefined;
  const host = first.host.includes(":") ? `[${first.host}]` : first.host;
  const at = `${scheme}://${login === undefined ? "" : `${login}@`}${host}:${String(first.port)}`;
  const tls = scheme === "rediss";
  // A cluster has one database, and no name.
  if (kind === "cluster") return path === "" ? { url: at, options: {}, nodes, tls } : undefined;
  if (path === "") return undefined;
  const asked = new URLSearchParams(query);
  const [sentinelUsername, sentinelPassword] = [
    asked.get("sentinel-user") ?? undefined,
    asked.get("sentinel-password") ?? undefined,
  ];
  const options = {
    ...{ sentinels: [...nodes], name: decodeURIComponent(path) },
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  };
  return { url: `${at}${database}`, options, nodes: [], tls };
}

/** `host:port` or `[v6]:port`; undefined for anything else. */
export function readNode(text: string, defaultPort: number): Node | undefined {
  const [, host, port = String(defaultPort)] = ONE.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

function credentials(login: string | undefined): [string?, string?] {
  if (login === undefined) return [];
  const colon = login.indexOf(":");
  if (colon < 0) return ["", decodeURIComponent(login)];
  return [decodeURIComponent(login.slice(0, colon)), decodeURIComponent(login.slice(colon + 1))];
}
