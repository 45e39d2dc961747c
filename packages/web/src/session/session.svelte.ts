import type { Me } from "../api/answers.js";
import type { Parting } from "../api/account.js";
import { Refused, ServiceFailure } from "../api/failures.js";
import type { Service } from "../api/service.js";

/** Who is here: `unknown` until the service has said so. */
export type Presence = { kind: "unknown" } | { kind: "nobody" } | { kind: "somebody"; me: Me };

/** Who is signed in with this browser, as reactive state. */
export class Session {
  readonly #service: Pick<Service, "me" | "signOut">;
  presence = $state.raw<Presence>({ kind: "unknown" });
  /** Why the service could not say who is here, or could not sign out; null: it could. */
  trouble = $state<string | null>(null);
  /** The session was over before the person said so. */
  ended = $state(false);
  /** Asked of who signs out while something of theirs waits; null: nothing is asked. */
  question = $state<string | null>(null);
  /** Shows how far the deletion of the account has got; null: none was begun here. */
  ticket = $state<string | null>(null);

  constructor(service: Pick<Service, "me" | "signOut">) {
    this.#service = service;
  }

  get me(): Me | null {
    return this.presence.kind === "somebody" ? this.presence.me : null;
  }

  /** Asks the service who is here and what waits for them. */
  async refresh(): Promise<void> {
    await this.#attempt(async () => {
      const me = await this.#service.me();
      this.ended = me === null && this.presence.kind === "somebody";
      this.presence = me === null ? { kind: "nobody" } : { kind: "somebody", me };
    });
  }

  /** @param how what becomes of what waits; left out: the person is asked when something does */
  async signOut(how?: Parting): Promise<void> {
    this.question = null;
    await this.#attempt(async () => {
      try {
        await this.#service.signOut(how);
      } catch (failure) {
        if (!(failure instanceof Refused) || failure.code !== "open_writes") throw failure;
        this.question = failure.message;
        return;
      }
      this.presence = { kind: "nobody" };
    });
  }

  stay(): void {
    this.question = null;
  }

  /** The account is being deleted, and nobody is signed in any more. */
  leave(ticket: string): void {
    this.ticket = ticket;
    this.presence = { kind: "nobody" };
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.trouble = null;
    } catch (failure) {
      if (!(failure instanceof ServiceFailure)) throw failure;
      this.trouble = failure.message;
    }
  }
}
