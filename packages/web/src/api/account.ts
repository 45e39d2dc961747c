import type * as z from "zod/mini";
import {
  Departed,
  DepartureAnswer,
  NewToken,
  Tokens,
  Waiting,
  type Departure,
  type Token,
} from "./account-answers.js";
import { Refused, SignedOut } from "./failures.js";

/** What becomes of writes that wait, when their owner signs out. */
export type Parting = "anyway" | "cancel";

/** What a person does with their account here. */
export interface AccountService {
  waiting(): Promise<Waiting>;
  /** What waits goes back to what the PDS has. */
  cancelWaiting(id: string): Promise<void>;
  tokens(): Promise<Token[]>;
  /** @param seconds how long it is good for. Resolves to the token, which is never shown again. */
  makeToken(name: string, seconds: number): Promise<string>;
  deleteToken(id: string): Promise<void>;
  /**
   * Begins to delete the account, and signs out everywhere.
   *
   * @param confirm the person's handle, typed by them
   * @returns a ticket with which to ask how far it is
   */
  deleteAccount(confirm: string, records: "keep" | "remove"): Promise<string>;
  /** Null: the account is gone. */
  departure(ticket: string): Promise<Departure | null>;
  /** @param how rejects with `Refused` (`open_writes`) when something waits and nothing was said of it */
  signOut(how?: Parting): Promise<void>;
}

/** How the service is asked. */
export interface Asking {
  readonly question: <Answer>(
    answer: z.ZodMiniType<Answer>,
    path: string,
    init?: RequestInit,
  ) => Promise<Answer>;
  /** A question whose answer is that it was done. */
  readonly order: (path: string, init: RequestInit) => Promise<void>;
}

export function accountService({ question, order }: Asking): AccountService {
  return {
    waiting: () => question(Waiting, "/me/waiting"),
    cancelWaiting: (id) => order(`/me/waiting/${id}`, { method: "DELETE" }),
    tokens: async () => (await question(Tokens, "/me/tokens")).tokens,
    async makeToken(name, seconds) {
      const body = JSON.stringify({ name, expires_in: seconds });
      return (await question(NewToken, "/me/tokens", { method: "POST", body })).token;
    },
    deleteToken: (id) => order(`/me/tokens/${id}`, { method: "DELETE" }),
    async deleteAccount(confirm, records) {
      const body = JSON.stringify({ confirm, records });
      return (await question(Departed, "/me", { method: "DELETE", body })).departure.ticket;
    },
    async departure(ticket) {
      try {
        return (await question(DepartureAnswer, `/departures/${ticket}`)).departure;
      } catch (failure) {
        if (failure instanceof Refused && failure.code === "unknown_departure") return null;
        throw failure;
      }
    },
    async signOut(how) {
      const body = how === undefined ? {} : { body: JSON.stringify({ [how]: true }) };
      try {
        await order("/auth/logout", { method: "POST", ...body });
      } catch (failure) {
        // A session that is over already is what was asked for.
        if (!(failure instanceof SignedOut)) throw failure;
      }
    },
  };
}
