import { Secp256k1Keypair } from "@atproto/crypto";
import { Client } from "@did-plc/lib";
import { pdsSecretsIn } from "./secrets.js";

/**
 * Has an account's DID document name another PDS, as when its owner has moved there. The repository isn't carried over.
 *
 * @param place of the PDS that made the account: it has the key that the directory asks for
 * @throws when the directory refuses
 */
export async function nameOtherPds(
  place: { readonly plcUrl: string; readonly dataDir: string },
  did: string,
  url: string,
): Promise<void> {
  const key = await Secp256k1Keypair.import(pdsSecretsIn(place.dataDir).plcRotationKey);
  await new Client(place.plcUrl).updatePds(did, key, url);
}
