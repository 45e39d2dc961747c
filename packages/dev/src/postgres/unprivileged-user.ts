import { readFileSync } from "node:fs";

export interface User {
  uid: number;
  gid: number;
}

/**
 * A user that root can run a server as: `postgres`, which Debian's package brings, else `nobody`.
 *
 * @throws when the machine has neither
 */
export function unprivilegedUser(): User {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as.",
  );
}
