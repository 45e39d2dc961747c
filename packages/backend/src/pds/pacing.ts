import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { classify, isOwnStorage, type Answer, type Concern } from "./answer.js";
import { Held } from "./held.js";
import {
  endAway,
  placeHold,
  rememberHome,
  returnTrial,
  standingOf,
  takeTrial,
  type Finding,
  type Hold,
  type Use,
} from "./holds.js";

export interface PacingParts {
  readonly db: Kysely<Schema>;
  /** Milliseconds to leave a host alone that so many tries in a row have found away, from 1. */
  readonly pauseAfter: (tries: number) => number;
  /** A hold was placed or prolonged. */
  readonly placed: (hold: Hold) => Promise<void>;
  /** A call was not made, because of this hold. */
  readonly refused: (did: string, hold: Hold) => Promise<void>;
  /** A host that was away answers. */
  readonly back: () => void;
}

/** After this time without news of a try, another may try; milliseconds. A little longer than one call may take. */
const TRIAL_LIMIT = 20_000;

/** How long to leave a person's PDS alone after a 429 that names no time; milliseconds. */
const UNNAMED_PAUSE = 60_000;

/** A call that may be made. */
export interface Passage {
  readonly did: string;
  readonly use: Use;
  /** The person's PDS; their DID when it isn't known. */
  host: string;
  /** Set when this call tries a host that has been away: how many tries have failed. */
  readonly trial: number | undefined;
  /** The PDS has given an answer from which it is seen to work. */
  answered: boolean;
}

/**
 * Decides when people's PDSs may be called. What is found out by one call (a rate limit of a person or of a host, a host
 * that is away) holds for all others that it concerns, in all processes: it stands in the database. A host that is away is
 * tried by one call at growing intervals.
 */
export class Pacing {
  readonly #parts: PacingParts;

  constructor(parts: PacingParts) {
    this.#parts = parts;
  }

  /** The hold that is on calls for a person now; undefined when they may be made. Takes no try. */
  async heldNow(did: string, use: Use = "record"): Promise<Hold | undefined> {
    const { holds } = await standingOf(this.#parts.db, did, use);
    return longest(holds.filter(({ remaining }) => remaining > 0));
  }

  /**
   * To be asked before each call.
   *
   * @throws {Held} it must not be made now
   */
  async enter(did: string, use: Use): Promise<Passage> {
    const { host, holds: all } = await standingOf(this.#parts.db, did, use);
    const holds = use === "read" ? all.filter(({ cause }) => cause !== "away") : all;
    const hold = longest(holds.filter(({ remaining }) => remaining > 0));
    if (hold !== undefined) return this.#refuse(did, hold);
    const away = holds.find(({ cause }) => cause === "away");
    if (away === undefined) return { did, host, use, trial: undefined, answered: false };
    if (await takeTrial(this.#parts.db, host, TRIAL_LIMIT)) {
      return { did, host, use, trial: away.tries, answered: false };
    }
    return this.#refuse(did, { ...away, remaining: TRIAL_LIMIT });
  }

  /** To be told of each answer, with where it came from. @param status HTTP's */
  async heard(passage: Passage, status: number, host: string | undefined): Promise<void> {
    const { db } = this.#parts;
    if (host !== undefined && host !== passage.host) {
      await rememberHome(db, passage.did, host);
      // Its hold stood under another name, and so does its end.
      if (passage.trial === undefined) passage.host = host;
    }
    if (!showsThatItWorks(status) || passage.answered) return;
    passage.answered = true;
    if (passage.trial !== undefined) await this.#over(passage.host);
  }

  /**
   * To be told of each call that failed.
   *
   * @returns what to throw: {Held} where the failure concerns more than this call, else the failure itself
   */
  async failed(passage: Passage, error: unknown): Promise<unknown> {
    const answer = classify(error);
    const concerns = answer.kind === "wait" ? answer.concerns : "this call";
    const isLost = concerns === "host" && passage.use === "read";
    if (answer.kind !== "wait" || concerns === "this call" || isLost || isOwnStorage(error)) {
      await this.abandoned(passage);
      return error;
    }
    const { hold, placed } = await placeHold(this.#parts.db, this.#finding(passage, concerns, answer));
    if (placed) await this.#parts.placed(hold);
    // The try has found that the host works, though not for this person.
    if (hold.scope !== "host") await this.#reached(passage);
    return new Held(hold, answer.untouched, { cause: error });
  }

  /** To be told when a call came to no end from which something could be seen. */
  async abandoned(passage: Passage): Promise<void> {
    if (passage.trial !== undefined && !passage.answered) await returnTrial(this.#parts.db, passage.host);
  }

  async #reached(passage: Passage): Promise<void> {
    if (passage.trial !== undefined && !passage.answered) await this.#over(passage.host);
  }

  async #over(host: string): Promise<void> {
    if (await endAway(this.#parts.db, host)) this.#parts.back();
  }

  async #refuse(did: string, hold: Hold): Promise<never> {
    await this.#parts.refused(did, hold);
    throw new Held(hold, true);
  }

  #finding(passage: Passage, concerns: Exclude<Concern, "this call">, answer: Waiting): Finding {
    const { did, host, trial = 0 } = passage;
    const { reason, pause = UNNAMED_PAUSE } = answer;
    if (concerns === "host") {
      const tries = trial + 1;
      return {
        scope: "host",
        name: host,
        cause: "away",
        pause: this.#parts.pauseAfter(tries),
        tries,
        reason,
      };
    }
    const { scope, cause } = HELD[concerns];
    return { scope, name: scope === "person" ? did : host, cause, pause, tries: 0, reason };
  }
}

type Waiting = Extract<Answer, { kind: "wait" }>;

const HELD = {
  "host's limit": { scope: "host", cause: "limit" },
  "uploads' limit": { scope: "uploads", cause: "limit" },
  "person's limit": { scope: "person", cause: "limit" },
  account: { scope: "person", cause: "account" },
} as const;

function longest(holds: readonly Hold[]): Hold | undefined {
  return holds.toSorted((one, other) => other.remaining - one.remaining)[0];
}

/** Whatever a server says of the request, it works; but for what says that it doesn't, and that nobody is at this path. */
function showsThatItWorks(status: number): boolean {
  return status < 500 && ![404, 408, 425, 429].includes(status);
}
