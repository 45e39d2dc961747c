import { z } from "zod";
import type { FrontDoor } from "../https/front.js";
import type { Account } from "../pds/accounts.js";
import { Visitor } from "../sign-in/visitor.js";
import { noTally, sum, type Tally } from "./tally.js";

/** What a person was told. */
export type Told<T> =
  /** It was accepted, so it is to happen. */
  | { readonly kind: "accepted"; readonly status: number; readonly answer: T }
  /** It was not, so it must not. */
  | { readonly kind: "refused"; /** 0: nobody listened. */ readonly status: number }
  /** The answer was lost, or said that something went wrong here: it may happen or not. */
  | { readonly kind: "unknown" };

/** A person with a browser. What they do is counted by its kind. */
export class Actor {
  readonly account: Account;
  readonly #url: string;
  readonly #home: { url: string; door?: FrontDoor };
  readonly #tallies = new Map<string, Tally>();
  #doing = "begin";
  #cookie = "";
  #isIn = false;
  /** Why a sign-in failed, in the order in which they did. */
  readonly #shut: string[] = [];

  /**
   * @param url where they ask
   * @param home where they sign in, if that is elsewhere: `https:` to browsers and PDSs, and a door by which to get there
   */
  constructor(account: Account, url: string, home: { url: string; door?: FrontDoor } = { url }) {
    this.account = account;
    this.#url = url;
    this.#home = home;
  }

  get did(): string {
    return this.account.did;
  }

  /** False: they have signed out, or may have. */
  get isIn(): boolean {
    return this.#isIn;
  }

  /** Why sign-ins failed, each reason once. */
  get shut(): readonly string[] {
    return [...new Set(this.#shut)];
  }

  /** By kind of what was done. */
  get tallies(): ReadonlyMap<string, Tally> {
    return this.#tallies;
  }

  get tally(): Tally {
    return sum([...this.#tallies.values()]);
  }

  /** What follows is counted as of this kind. */
  does(kind: string): void {
    this.#doing = kind;
  }

  /** Signs in anew, at the PDS. @throws when that is not to be had now; who was signed in before is so still */
  async signIn(): Promise<void> {
    const visitor = new Visitor(this.#home.url, this.#home.door);
    const returned = await visitor.signIn(this.account);
    const name = this.#home.url.startsWith("https:") ? "__Host-plyr_session" : "plyr_session";
    const session = visitor.cookie(name);
    if (session === undefined)
      throw new Error(
        `${this.account.handle} was sent to ${returned.headers.location ?? "nowhere"} by their sign-in`,
      );
    this.#cookie = `${name}=${session}`;
    this.#isIn = true;
  }

  async signOut(): Promise<Told<unknown>> {
    this.#isIn = false;
    return this.ask("POST", "/auth/logout", z.unknown(), { anyway: true });
  }

  /** @returns whether it went well; the failure of one step says nothing of the steps before it */
  async tryToSignIn(): Promise<boolean> {
    try {
      await this.signIn();
      this.#count("accepted");
      return true;
    } catch (error) {
      this.#shut.push(error instanceof Error ? error.message : String(error));
      this.#count("unknown");
      return false;
    }
  }

  async ask<T>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    answer: z.ZodType<T>,
    content?: FormData | Readonly<Record<string, unknown>>,
  ): Promise<Told<T>> {
    const told = await this.#send(method, path, answer, content);
    this.#count(told.kind);
    if (told.kind === "refused" && told.status === 0) this.#count("unheard");
    return told;
  }

  /** A file of theirs, from wherever the service sends them for it. @throws when it is not to be had */
  async fetch(path: string): Promise<Buffer> {
    const response = await fetch(this.#url + path, { headers: { cookie: this.#cookie } });
    if (!response.ok) throw new Error(`${path} answers ${String(response.status)}`);
    return Buffer.from(await response.arrayBuffer());
  }

  #count(kind: keyof Tally): void {
    const tally = this.#tallies.get(this.#doing) ?? noTally();
    tally[kind] += 1;
    this.#tallies.set(this.#doing, tally);
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
    return { kind: "accepted", status, answer: answer.parse(text === "" ? null : JSON.parse(text)) };
  }
}

/** Nobody listened: nothing can have happened. */
function isUnheard(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
