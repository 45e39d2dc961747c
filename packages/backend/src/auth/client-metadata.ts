import {
  buildAtprotoLoopbackClientMetadata,
  type OAuthClientMetadataInput,
} from "@atproto/oauth-client-node";
import { isLoopback } from "../settings/variables.js";

/** Where the metadata of a client that is not on loopback can be fetched; the URL is its id. */
export const CLIENT_METADATA_PATH = "/oauth/client-metadata.json";
/** Where the public halves of a confidential client's keys can be fetched. */
export const CLIENT_KEYS_PATH = "/oauth/jwks.json";
export const CALLBACK_PATH = "/auth/callback";

/**
 * Who we are to a PDS. On loopback the id itself carries redirect and scope, and nothing is fetched from us; elsewhere the
 * id is the URL of this document.
 *
 * @param confidential whether we have keys to sign with. A public client's grants are ended by a PDS after about two
 *   weeks; on loopback nobody could fetch the keys, so there it makes no difference
 */
export function clientMetadata(
  publicUrl: string,
  scope: string,
  confidential: boolean,
): OAuthClientMetadataInput {
  const redirectUri = new URL(CALLBACK_PATH, publicUrl).href;
  if (isLoopback(publicUrl)) {
    return buildAtprotoLoopbackClientMetadata({ scope, redirect_uris: [redirectUri] });
  }
  return {
    client_id: new URL(CLIENT_METADATA_PATH, publicUrl).href,
    client_name: "plyr",
    client_uri: publicUrl,
    redirect_uris: [redirectUri],
    scope,
    response_types: ["code"],
    grant_types: ["authorization_code", "refresh_token"],
    ...(confidential
      ? {
          token_endpoint_auth_method: "private_key_jwt",
          token_endpoint_auth_signing_alg: "ES256",
          jwks_uri: new URL(CLIENT_KEYS_PATH, publicUrl).href,
        }
      : { token_endpoint_auth_method: "none" }),
    application_type: "web",
    dpop_bound_access_tokens: true,
  };
}
