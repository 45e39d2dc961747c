import type { z } from "zod";
import type { Account } from "../pds/accounts.js";
import { Visitor } from "../sign-in/visitor.js";

/** What a person was told. */
export type Told<T> =
  /** It was accepted, so it is to happen. */
  | { readonly kind: "accepted"; readonly answer: T }
  /** It was not, so it must not. */
  | { readonly kind: "refused"; /** 0: nobody listened. */ readonly status: number }
  /** The answer was lost, or said that something went wrong here: it may happen or not. */
  | { readonly kind: "unknown" };

/** How many requests ended how. */
export interface Tally {
  accepted: number;
  refused: number;
  /** Of the refused, those to which nobody listened. */
  unheard: number;
  unknown: number;
}

/** A person with a browser, who asks one thing at a time. */
export class Actor {
  readonly account: Account;
  readonly tally: Tally = { accepted: 0, refused: 0, unheard: 0, unknown: 0 };
  readonly #url: string;
  #cookie = "";

  constructor(account: Account, url: string) {
    this.account = account;
    this.#url = url;
  }

  get did(): string {
    return this.account.did;
  }

  /** Signs in anew, at the PDS. */
  async signIn(): Promise<void> {
    const visitor = new Visitor(this.#url);
    await visitor.signIn(this.account);
    const session = visitor.cookie("plyr_session");
    if (session === undefined) throw new Error(`${this.account.handle} could not sign in`);
    this.#cookie = `plyr_session=${session}`;
  }

  async ask<T>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    answer: z.ZodType<T>,
    content?: FormData | Readonly<Record<string, unknown>>,
  ): Promise<Told<T>> {
    const told = await this.#send(method, path, answer, content);
    this.tally[told.kind] += 1;
    if (told.kind === "refused" && told.status === 0) this.tally.unheard += 1;
    return told;
  }

  async #send<T>(
    method: string,
    path: string,
    answer: z.ZodType<T>,
    content: FormData | Readonly<Record<string, unknown>> | undefined,
  ): Promise<Told<T>> {
    const isForm = content instanceof FormData;
    let status: number;
    let text: string;
    try {
      const response = await fetch(this.#url + path, {
        method,
        headers: {
          cookie: this.#cookie,
          ...(content !== undefined && !isForm && { "content-type": "application/json" }),
        },
        ...(content !== undefined && { body: isForm ? content : JSON.stringify(content) }),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      return isUnheard(error) ? { kind: "refused", status: 0 } : { kind: "unknown" };
    }
    if (status >= 500) return { kind: "unknown" };
    if (status >= 400) return { kind: "refused", status };
    return { kind: "accepted", answer: answer.parse(JSON.parse(text)) };
  }
}

/** Nobody listened: nothing can have happened. */
function isUnheard(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
