import { setTimeout as pause } from "node:timers/promises";
import {
  StoreUnavailable,
  type AddOptions,
  type DebounceOptions,
  type Docket,
  type Handle,
} from "../../src/index.js";
import { nameOf, type Journal, type Operation } from "./journal.js";
import type { GivenOrder, OrderedTask, Services } from "./order.js";

type Fields = Partial<Omit<GivenOrder, "n">>;
interface Told {
  readonly n: string;
  readonly id: string;
  readonly added: boolean;
  readonly handle: Handle;
}
/** Calls the engine, and writes down each call before it is made and what came of it. */
export class Producer {
  readonly name: string;
  readonly #docket: Docket<Services>;
  readonly #journal: Journal;
  readonly #waits = new Set<Promise<void>>();
  #calls = 0;
  #made = 0;

  /** @param name of this process; no two of a run have the same */
  constructor(name: string, docket: Docket<Services>, journal: Journal) {
    this.name = name;
    this.#docket = docket;
    this.#journal = journal;
  }

  /** How many tasks it has asked for. */
  get made(): number {
    return this.#made;
  }

  /** @returns undefined when nothing is known of what became of the call */
  async add(
    task: OrderedTask,
    fields: Fields,
    options: AddOptions & { readonly ms?: number; readonly ends?: "done" | "dead" } = {},
  ): Promise<Told | undefined> {
    const { ends = "done", ms = 0, ...rest } = options;
    const given = { ms: 5, ...fields, n: this.#next() };
    const { key = "" } = rest;
    const { lane = "", group: of = "" } = fields;
    const said = { task: task.name, of, key, lane, ends, ms };
    const delay = ms === 0 ? {} : { delay: ms };
    return this.#brings(given.n, "add", said, () => this.#docket.add(task, given, { ...rest, ...delay }));
  }

  /** Many in one call. */
  async addMany(task: OrderedTask, fields: readonly Fields[]): Promise<void> {
    const orders = fields.map((each) => ({ ms: 5, ...each, n: this.#next() }));
    for (const { n, lane = "", group: of = "" } of orders)
      this.#journal.write({ what: "asked", n, op: "add", task: task.name, lane, of });
    this.#made += orders.length;
    try {
      const handles = await this.#docket.addMany(task, orders);
      for (const [at, { n }] of orders.entries()) this.#told(n, handles[at]);
    } catch (error) {
      for (const { n } of orders) this.#unknown(n, error);
    }
  }

  async replace(task: OrderedTask, fields: Fields, key: string, ms: number): Promise<Told | undefined> {
    const given = { ms: 5, ...fields, n: this.#next() };
    const options = ms === 0 ? { key } : { key, delay: ms };
    const said = { task: task.name, key, lane: fields.lane ?? "", ms };
    return this.#brings(given.n, "replace", said, () => this.#docket.replace(task, given, options));
  }

  async debounce(task: OrderedTask, options: DebounceOptions): Promise<Told | undefined> {
    const given = { ms: 5, n: this.#next() };
    const said = { task: task.name, key: options.key };
    return this.#brings(given.n, "debounce", said, () => this.#docket.debounce(task, given, options));
  }

  cancel(id: string): Promise<string | undefined> {
    return this.#tells("cancel", { of: id }, () => this.#docket.cancel(id));
  }

  wake(key: string): Promise<string | undefined> {
    return this.#tells("wake", { key }, async () => String(await this.#docket.wake([key])));
  }

  /** @returns whether it was acknowledged */
  async pause(group: string, ms: number): Promise<boolean> {
    const told = await this.#tells("pause", { of: group, ms }, () => this.#docket.pause(group, ms, "chaos"));
    return told !== undefined;
  }

  async resume(group: string): Promise<void> {
    await this.#tells("resume", { of: group }, async () => String(await this.#docket.resume(group)));
  }

  async strike(task: OrderedTask, group: string): Promise<boolean> {
    const said = { task: task.name, of: group };
    return (
      (await this.#tells("strike", said, () => this.#docket.strike(task, { group }, "chaos"))) !== undefined
    );
  }

  /** Asks until it is acknowledged. */
  async restore(task: OrderedTask, group: string): Promise<void> {
    const said = { task: task.name, of: group };
    const ask = async (): Promise<string> => String(await this.#docket.restore(task, { group }));
    while ((await this.#tells("restore", said, ask)) === undefined) await pause(100);
  }

  /** Waits for the end of what was asked for, beside all else. */
  expect({ n, handle }: Told): void {
    this.#journal.write({ what: "waits", n });
    const told = (value: string, error: string): void => {
      this.#journal.write({ what: "result", n, value, error });
    };
    const wait = handle.result().then(
      (value) => {
        told(JSON.stringify(value), "");
      },
      (error: unknown) => {
        told("", nameOf(error));
      },
    );
    this.#waits.add(wait);
    void wait.finally(() => this.#waits.delete(wait));
  }

  /** Resolves when all that is waited for has ended, at the latest after `ms`. */
  async allTold(ms: number): Promise<void> {
    const end = new AbortController();
    await Promise.race([
      Promise.all(this.#waits),
      pause(ms, undefined, { signal: end.signal }).catch(() => undefined),
    ]);
    end.abort();
  }

  #next(): string {
    this.#calls += 1;
    return `${this.name}/${String(this.#calls)}`;
  }

  async #brings(
    n: string,
    op: Operation,
    said: { task: string; of?: string; key: string; lane?: string; ms?: number; ends?: "done" | "dead" },
    ask: () => Promise<Handle>,
  ): Promise<Told | undefined> {
    this.#journal.write({ what: "asked", n, op, ...said });
    this.#made += 1;
    try {
      const handle = await ask();
      this.#told(n, handle);
      return { n, id: handle.id, added: handle.added, handle };
    } catch (error) {
      this.#unknown(n, error);
      return undefined;
    }
  }

  async #tells(
    op: Operation,
    said: { task?: string; of?: string; key?: string; ms?: number },
    ask: () => Promise<unknown>,
  ): Promise<string | undefined> {
    const n = this.#next();
    this.#journal.write({ what: "asked", n, op, ...said });
    try {
      const answer = String(await ask());
      this.#journal.write({ what: "told", n, id: "", added: false, answer });
      return answer;
    } catch (error) {
      this.#unknown(n, error);
      return undefined;
    }
  }

  #told(n: string, handle: Handle | undefined): void {
    if (handle === undefined) throw new Error(`the engine answered nothing to ${n}`);
    const { id, added, refused = "" } = handle;
    this.#journal.write({ what: "told", n, id, added, answer: refused });
  }

  /** @throws what no outage explains */
  #unknown(n: string, error: unknown): void {
    if (!(error instanceof StoreUnavailable)) throw error;
    this.#journal.write({ what: "unknown", n, error: error.message.slice(0, 120) });
  }
}
