import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Family } from "./family.js";

/** So many times, and milliseconds apart, a person tries to get in again. */
const TRIES = 20;
const BETWEEN = 500;

/** People sign in anew, which brings their repository and our rows together; and they sign out and come back. */
export class Visits implements Family {
  readonly #surprises: string[] = [];

  async act(actor: Actor, chance: Chance): Promise<void> {
    if (chance.fraction() < 0.7) await actor.tryToSignIn();
    else await this.#leaveAndReturn(actor);
  }

  async #leaveAndReturn(actor: Actor): Promise<void> {
    const told = await actor.ask("POST", "/auth/logout", z.unknown(), { anyway: true });
    if (told.kind === "accepted") {
      const { kind } = await actor.ask("GET", "/me", z.unknown());
      if (kind === "accepted") this.#surprises.push(`${actor.did} is still signed in after a sign-out`);
    }
    for (let tries = 1; !(await actor.tryToSignIn()) && tries < TRIES; tries += 1) await pause(BETWEEN);
  }

  faults(): string[] {
    return this.#surprises;
  }
}
