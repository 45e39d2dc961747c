import { generateKeyPairSync, randomBytes } from "node:crypto";
import { JoseKey, Keyset } from "@atproto/oauth-client-node";
import type { OauthKey } from "../settings/oauth-keys.js";

/**
 * The keys of a confidential client. A grant is bound to the key with which it was asked for.
 *
 * @param keys the first one signs for new grants
 * @returns undefined when there are none: the client is a public one
 */
export async function openClientKeys(keys: readonly OauthKey[]): Promise<Keyset<JoseKey> | undefined> {
  if (keys.length === 0) return undefined;
  return new Keyset(
    await Promise.all(keys.map((key) => JoseKey.fromJWK({ ...key, alg: "ES256", key_ops: ["sign"] }))),
  );
}

/** A new key, under a name that no other has. */
export function makeClientKey(): OauthKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "", d = "" } = privateKey.export({ format: "jwk" });
  return { kty: "EC", crv: "P-256", kid: `plyr-${randomBytes(6).toString("hex")}`, x, y, d };
}
