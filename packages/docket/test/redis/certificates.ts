import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority that nobody else trusts, and what it vouches for; for a day. */
export class Authority implements Disposable {
  readonly certFile: string;
  readonly #dir = mkdtempSync(join(tmpdir(), "docket-authority-"));

  constructor() {
    this.certFile = join(this.#dir, "authority.pem");
    this.#openssl(
      ...["req", "-x509", ...NEW_KEY, "-days", "1", "-subj", "/CN=an authority for tests"],
      ...["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign"],
      ...["-keyout", "authority.key", "-out", "authority.pem"],
    );
  }

  get cert(): string {
    return readFileSync(this.certFile, "utf8");
  }

  /** A certificate, good for loopback, and its key. */
  issue(name: string): Certificate {
    const at = (file: string): string => join(this.#dir, `${name}.${file}`);
    this.#openssl("req", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", at("key"), "-out", at("csr"));
    writeFileSync(at("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    this.#openssl(
      ...["x509", "-req", "-in", at("csr"), "-days", "1", "-extfile", at("names"), "-out", at("pem")],
      ...["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"],
    );
    const [certFile, keyFile] = [at("pem"), at("key")];
    return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.#dir, stdio: ["ignore", "ignore", "pipe"] });
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
