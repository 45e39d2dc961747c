import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate for some names, and the authority that vouches for it: nobody else does. */
export interface Certificate {
  /** All of these in files of PEM; the authority's for NODE_EXTRA_CA_CERTS and the like. */
  readonly files: { readonly authority: string; readonly certificate: string; readonly key: string };
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes an authority of our own, and by it a certificate, both good for a day.
 *
 * @param folder gets all of it, the keys in files of mode 0600
 * @param names DNS names
 * @throws when openssl isn't installed, or refuses
 */
export function makeCertificate(folder: string, names: readonly string[]): Certificate {
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const asAuthority = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign"];
  openssl(
    ...["req", "-x509", ...newKey, "-days", "1", "-subj", "/CN=an authority for tests", ...asAuthority],
    ...["-keyout", "authority.key", "-out", "authority.pem"],
  );
  openssl("req", ...newKey, "-subj", `/CN=${names[0] ?? ""}`, "-keyout", "server.key", "-out", "server.csr");
  writeFileSync(at("names"), `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
  openssl(
    ...["x509", "-req", "-in", "server.csr", "-days", "1", "-extfile", "names", "-out", "server.pem"],
    ...["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"],
  );
  const read = (name: string): string => readFileSync(at(name), "utf8");
  return {
    files: { authority: at("authority.pem"), certificate: at("server.pem"), key: at("server.key") },
    authority: read("authority.pem"),
    certificate: read("server.pem"),
    key: read("server.key"),
  };
}
