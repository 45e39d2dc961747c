import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { readRedisCertificates } from "../../src/settings/redis-certificates.js";

const none = { caFile: undefined, certFile: undefined, keyFile: undefined };
const readAuthority = async (caFile: string) => (await readRedisCertificates({ ...none, caFile })).ca;

test("a certificate, an authority or a key that can't be used is refused at the start, by name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "plyr-ca-"));
  const file = join(folder, "ca.pem");
  const [root = ""] = rootCertificates;
  try {
    await expect(readAuthority(file)).rejects.toThrow(/DOCKET_CA_FILE \(.+ca\.pem\) can't be used: ENOENT/);
    await writeFile(file, "-----BEGIN PRIVATE KEY-----");
    await expect(readAuthority(file)).rejects.toThrow("it holds no certificate in PEM");
    await writeFile(file, `${root}\n${root.replaceAll(/[a-z]/g, "x")}`);
    await expect(readAuthority(file)).rejects.toThrow("can't be used");
    await writeFile(file, root);
    expect(await readAuthority(file)).toBe(root);
    expect(await readRedisCertificates(none)).toEqual({ ca: undefined, cert: undefined, key: undefined });
    await expect(readRedisCertificates({ ...none, keyFile: file })).rejects.toThrow(
      /DOCKET_KEY_FILE \(.+ca\.pem\)/,
    );
    expect(await readRedisCertificates({ ...none, certFile: file })).toMatchObject({ cert: root });
  } finally {
    await rm(folder, { recursive: true });
  }
});
