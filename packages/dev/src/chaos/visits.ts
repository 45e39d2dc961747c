import { z } from "zod";
import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Family } from "./family.js";

/** People sign in anew, which brings their repository and our rows together; and they sign out and come back. */
export class Visits implements Family {
  readonly #surprises: string[] = [];

  async act(actor: Actor, chance: Chance): Promise<void> {
    if (chance.fraction() < 0.7) await actor.tryToSignIn();
    else await this.#leaveAndReturn(actor);
  }

  async #leaveAndReturn(actor: Actor): Promise<void> {
    const told = await actor.signOut();
    if (told.kind === "accepted") {
      const { kind } = await actor.ask("GET", "/me", z.unknown());
      if (kind === "accepted") this.#surprises.push(`${actor.did} is still signed in after a sign-out`);
    }
    await actor.tryToSignIn();
  }

  faults(): string[] {
    return this.#surprises;
  }
}
