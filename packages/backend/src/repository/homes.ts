import { DidResolverCommon, extractPdsUrl, isAtprotoDid, type DidResolver } from "@atproto/oauth-client-node";

/** A DID document can't be had, or names no PDS. The message is for whoever the repository belongs to. */
export class HomeUnknown extends Error {
  override readonly name = "HomeUnknown";
}

export interface HomesOptions {
  /** Guards against addresses that strangers choose: a `did:web` is one. */
  readonly fetch: typeof globalThis.fetch;
  readonly plcUrl: string;
  /** Whether a `did:web` may be plain HTTP. */
  readonly allowHttp: boolean;
}

/** Where people's repositories are, by what their DID documents say now. Nothing is kept: a caller asks when it matters. */
export class Homes {
  readonly #resolver: DidResolver<"plc" | "web">;

  constructor({ fetch, plcUrl, allowHttp }: HomesOptions) {
    this.#resolver = new DidResolverCommon({ fetch, plcDirectoryUrl: plcUrl, allowHttp });
  }

  /**
   * @returns the origin of the PDS
   * @throws {HomeUnknown} the directory can't be asked, or doesn't know of a PDS
   */
  async homeOf(did: string, signal?: AbortSignal): Promise<string> {
    if (!isAtprotoDid(did)) throw new HomeUnknown(`${did} is not a DID that a PDS can have`);
    try {
      const document = await this.#resolver.resolve(did, {
        noCache: true,
        ...(signal === undefined ? {} : { signal }),
      });
      return extractPdsUrl(document).origin;
    } catch (cause) {
      signal?.throwIfAborted();
      throw new HomeUnknown("It can't be found out at the moment on which PDS the account is.", { cause });
    }
  }
}
