import {
  buildAtprotoLoopbackClientMetadata,
  type OAuthClientMetadataInput,
} from "@atproto/oauth-client-node";
import { isLoopback } from "../settings/variables.js";

/** Where the metadata of a client that is not on loopback can be fetched; the URL is its id. */
export const CLIENT_METADATA_PATH = "/oauth/client-metadata.json";
export const CALLBACK_PATH = "/auth/callback";

/**
 * Who we are to a PDS. On loopback the id itself carries redirect and scope, and nothing is fetched from us; elsewhere the
 * id is the URL of this document. Both are public clients (a PDS ends their grants after about two weeks): a confidential
 * one needs a key set here and `jwks` in the document, and nothing else changes.
 */
export function clientMetadata(publicUrl: string, scope: string): OAuthClientMetadataInput {
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
    token_endpoint_auth_method: "none",
    application_type: "web",
    dpop_bound_access_tokens: true,
  };
}
