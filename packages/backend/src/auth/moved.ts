import type { Homes } from "../repository/homes.js";

/** The account is on another PDS than the grant is for. The message is for its owner. */
export class AccountMoved extends Error {
  override readonly name = "AccountMoved";

  /** @param home origin of the PDS that the DID document names */
  constructor(home: string, options?: ErrorOptions) {
    super(`Your account has moved to ${new URL(home).host}: sign in there, and it goes on.`, options);
  }
}

export interface MovesOptions {
  readonly homes: Pick<Homes, "homeOf">;
  /** For how long an answer is believed while nothing speaks against it; milliseconds, default 10 min. */
  readonly believed?: number;
}

/**
 * Knows which accounts have left the PDS that we have a grant for. A DID document is asked for when nothing is known, when
 * what is known has grown old, and when a PDS gave reason to doubt it: not for every write.
 */
export class Moves {
  readonly #homes: Pick<Homes, "homeOf">;
  readonly #believed: number;
  readonly #known = new Map<string, { readonly home: string; readonly until: number }>();

  constructor({ homes, believed = 600_000 }: MovesOptions) {
    this.#homes = homes;
    this.#believed = believed;
  }

  /**
   * @param pds URL of the PDS that the grant is for
   * @returns the PDS that the account has moved to; null: it is where it was, as far as is known
   */
  async movedTo(did: string, pds: string): Promise<string | null> {
    const home = await this.#homeOf(did);
    return home === null || home === new URL(pds).origin ? null : home;
  }

  /** Something speaks against what is known: the next write asks again. */
  doubt(did: string): void {
    this.#known.delete(did);
  }

  async #homeOf(did: string): Promise<string | null> {
    const now = Date.now();
    const known = this.#known.get(did);
    if (known !== undefined && known.until > now) return known.home;
    try {
      const home = await this.#homes.homeOf(did, AbortSignal.timeout(ASK_LIMIT));
      for (const [other, { until }] of this.#known) if (until <= now) this.#known.delete(other);
      this.#known.set(did, { home, until: now + this.#believed });
      return home;
    } catch {
      // A directory that is away must not keep people from writing to a PDS that is there.
      return null;
    }
  }
}

/** A directory that hangs must not hold writes up for long; milliseconds. */
const ASK_LIMIT = 3_000;
