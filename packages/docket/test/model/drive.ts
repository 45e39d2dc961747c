import type { Redis } from "ioredis";
import { expect } from "vitest";
import type {
  Claim,
  Due,
  Held,
  NewTask,
  Replacement,
  SettleRequest,
  Settlement,
} from "../../src/store/store.js";
import { sweep } from "../leaks.js";
import { gather } from "./batches.js";
import { Model } from "./model.js";
import { expected, seen } from "./sight.js";
import { Sleepers } from "./sleepers.js";
import { SLEEP, type Desk } from "../desk.js";
import { GROUPS, KEYS, LEASE_MS, WORKERS, type Ending, type Spec, type Step, type Which } from "./steps.js";
import { batchOf, doorsOf, limitOf } from "./terms.js";

/** Goes through a script, on a store and in the model at once, and compares after each step. */
export class Drive {
  readonly #desk: Desk;
  readonly #model: Model;
  readonly #asleep: boolean;
  readonly #told: string[] = [];
  readonly #sleepers: Sleepers;
  /** Tasks that may have been on their way to a worker that never heard of them. */
  readonly #unsure = new Set<string>();
  readonly #asked: NewTask[] = [];
  readonly #askedAt = new Map<string, number>();
  /** What each worker was ever given, also what isn't its any more. */
  readonly #deliveries = new Map<string, Claim[]>();
  readonly #calls = new Map<string, { made: number; answered: number }>();
  #lastRequest: SettleRequest | undefined;
  #nextId = 1;

  /**
   * @param asleep workers sleep in the script, so that tasks come through inboxes
   * @param redis a connection, where the store is there
   */
  constructor(desk: Desk, asleep: boolean, redis: Redis | undefined) {
    this.#asleep = asleep;
    this.#desk = desk;
    this.#model = new Model(desk.clock.now());
    this.#sleepers = new Sleepers(desk, this.#model, redis);
  }

  /** What was done so far, a line for each step. */
  get told(): string {
    return this.#told.join("\n");
  }

  async go(script: readonly Step[]): Promise<void> {
    for (const step of script) {
      await this.#take(step);
      await this.#compare();
    }
    await this.#finish();
  }

  /** Who has been given all that it had room for says so, which may give others something: true then. */
  async #hear(): Promise<boolean> {
    for (const [worker, claims] of await this.#sleepers.hear()) {
      if (claims.length === 0) continue;
      this.#told.push(`   ${worker} hears of ${claims.map(named).join(", ")}`);
      this.#deliveries.set(worker, [...(this.#deliveries.get(worker) ?? []), ...claims]);
    }
    const full = [...this.#model.workers].filter(([, { asleep }]) => asleep?.free === 0);
    for (const [worker] of full) {
      const none = { settlements: [], want: 0, ahead: 0 };
      await this.#send(this.#numbered({ worker, ...none, sleepMs: SLEEP, leaseMs: LEASE_MS }));
    }
    return full.length > 0;
  }

  async #compare(): Promise<void> {
    if (this.#asleep) while (await this.#hear());
    const ids = this.#asked.map(({ id }) => id);
    const now = await seen(this.#desk.store, KEYS, ids);
    expect(now).toEqual(expected(this.#model, KEYS, ids, now.nextAt));
  }

  async #take(step: Step): Promise<void> {
    const { store, clock } = this.#desk;
    const model = this.#model;
    switch (step.do) {
      case "add": {
        const tasks = step.specs.map((spec) => this.#newTask(spec));
        this.#tell("add", tasks);
        return this.#same(
          store.add(tasks),
          tasks.map((task) => model.add(task)),
        );
      }
      case "add again": {
        const task = this.#pick(this.#asked, step.which);
        if (task === undefined || task.due.kind === "quiet") return;
        // What came in long ago the store needn't know at its doors.
        const since = model.now - (this.#askedAt.get(task.id) ?? 0);
        if (task.doors?.some(({ perMs }) => perMs <= since) === true) return;
        this.#tell("add again", task.id);
        return this.#same(store.add([task]), [model.add(task)]);
      }
      case "replace": {
        const task = this.#newTask(step.spec);
        this.#tell("replace", task);
        return this.#same(store.replace(task), model.replace(task));
      }
      case "replace again": {
        const task = this.#pick(this.#asked, step.which);
        if (task === undefined || task.key === "") return;
        this.#tell("replace again", task.id);
        return this.#same(store.replace(task), model.replace(task));
      }
      case "cancel":
        return this.#cancel(step.which);
      case "discard": {
        const id = this.#pick(model.letters.all, step.which)?.id ?? "nobody";
        this.#tell("discard", id);
        return this.#same(store.discard(id), model.letters.discard(id));
      }
      case "replay": {
        const { id, stored } = this.#pick(model.letters.all, step.which) ?? {
          id: "nobody",
          stored: undefined,
        };
        const edit = step.edit === undefined ? undefined : editOf({ ...step.edit, name: stored?.name ?? "" });
        this.#tell("replay", id, edit);
        return this.#same(store.replay(id, edit), model.replay(id, edit));
      }
      case "wake":
        this.#tell("wake", step.keys);
        return this.#same(store.wake(step.keys), model.wake(step.keys));
      case "pause": {
        const until = model.now + step.ms;
        const due = step.at ? ({ kind: "at", at: until } as const) : ({ kind: "in", ms: step.ms } as const);
        this.#tell("pause", step.groups, due);
        await store.pause(step.groups, due, "wh\ty");
        for (const group of step.groups) model.gates.pause(group, until, "wh\ty");
        return;
      }
      case "resume":
        this.#tell("resume", step.groups);
        return this.#same(store.resume(step.groups), model.resume(step.groups));
      case "strike":
        this.#tell("strike", step.task, step.where);
        return this.#same(
          store.strike({ task: step.task, where: step.where }, "wh\ty"),
          model.strike(step.task, step.where, "wh\ty"),
        );
      case "restore": {
        const { task, where } = this.#pick(model.gates.strikes, step.which) ?? { task: "nobody", where: "" };
        this.#tell("restore", task, where);
        return this.#same(store.restore({ task, where }), model.restore(task, where));
      }
      case "hello":
        return this.#hello(step.worker);
      case "bye":
        this.#tell("bye", step.worker);
        return this.#bye(step.worker);
      case "bye unread":
        return this.#byeUnread(step.worker, step.spec);
      case "settle":
        return this.#settle(step);
      case "settle again":
        if (this.#lastRequest !== undefined) await this.#sendAgain(this.#lastRequest);
        return;
      case "gather": {
        const [worker, leader] = this.#whoGathers(step.astray) ?? [];
        if (worker === undefined || leader === undefined) return;
        return this.#gather(worker, leader, step.most, step.unheard);
      }
      case "renew": {
        const held = step.which.flatMap((which) => this.#delivery(step.worker, which) ?? []);
        this.#tell("renew", step.worker, held.map(named), step.leaseMs);
        return this.#same(
          store.renew(step.worker, held, step.leaseMs),
          model.renew(step.worker, held, step.leaseMs),
        );
      }
      case "report": {
        const held = this.#delivery(step.worker, step.which);
        if (held === undefined) return;
        this.#tell("report", step.worker, named(held), step.progress);
        await store.report(step.worker, held, step.progress);
        model.report(step.worker, held, step.progress);
        return;
      }
      case "clock":
        this.#tell("clock", step.ms);
        clock.advance(step.ms);
        model.now = clock.now();
    }
  }

  async #cancel(which: Which): Promise<void> {
    const { store } = this.#desk;
    const id = this.#pick(this.#asked, which)?.id ?? "nobody";
    this.#tell("cancel", id);
    const place = this.#model.tasks.get(id)?.place;
    await this.#same(store.cancel(id), this.#model.cancel(id));
    if (this.#asleep || place?.in !== "hands" || !this.#model.workers.has(place.lease.worker)) return;
    const messages = await this.#desk.messages(place.lease.worker);
    expect(messages.filter(({ kind }) => kind !== "look")).toEqual([{ kind: "cancel", id }]);
  }

  async #hello(worker: string): Promise<void> {
    // One that may have something in its inbox doesn't come once more.
    if (this.#asleep && this.#model.workers.has(worker)) return;
    this.#tell("hello", worker);
    await this.#desk.hello(worker, WORKERS[worker]);
    this.#model.workers.hello(worker, WORKERS[worker] ?? [], this.#model.now);
  }

  async #bye(worker: string): Promise<void> {
    await this.#desk.bye(worker);
    this.#model.workers.delete(worker);
    this.#sleepers.gone(worker);
  }

  /** What is added is put into the worker's inbox, which it doesn't read any more: as if it had never been there. */
  async #byeUnread(worker: string, spec: Spec): Promise<void> {
    const sleepers = [...this.#model.workers].flatMap(([name, { asleep }]) =>
      asleep === undefined ? [] : [name],
    );
    if (sleepers.length !== 1 || sleepers[0] !== worker) return;
    const task = this.#newTask(spec);
    this.#tell("bye unread", worker, task);
    await this.#same(this.#desk.store.add([task]), [this.#model.add(task)]);
    for (const { id } of this.#model.line.all()) this.#unsure.add(id);
    await this.#bye(worker);
  }

  async #settle(step: Step & { do: "settle" }): Promise<void> {
    const { worker, endings, want, ahead, unheard, sleepMs, gathers } = step;
    if (sleepMs > 0) await this.#hello(worker);
    const taken = new Map<string, Settlement>();
    for (const { which, outcome } of endings) {
      const claim = this.#delivery(worker, which);
      if (claim !== undefined && !taken.has(claim.id)) taken.set(claim.id, this.#settlement(claim, outcome));
    }
    const request = this.#numbered({
      worker,
      settlements: [...taken.values()],
      want,
      ahead,
      sleepMs,
      leaseMs: LEASE_MS,
    });
    this.#lastRequest = request;
    await this.#send(request, unheard);
    for (const { id, place, delivery } of this.#model.gates.leaders.claimed()) {
      if (gathers === 0 || place.in !== "hands" || place.lease.worker !== worker) continue;
      await this.#compare();
      await this.#gather(worker, { id, delivery }, gathers, false);
    }
  }

  async #sendAgain(request: SettleRequest): Promise<void> {
    // Whoever has said that it goes says nothing after that.
    if (request.sleepMs > 0 && !this.#model.workers.has(request.worker)) return;
    await this.#send(this.#numbered(request));
  }

  #numbered(request: Omit<SettleRequest, "call" | "answered">): SettleRequest {
    return { ...request, ...this.#nextCall(request.worker) };
  }

  #nextCall(worker: string): { call: number; answered: number } {
    const { made, answered } = this.#calls.get(worker) ?? { made: 0, answered: 0 };
    this.#calls.set(worker, { made: made + 1, answered });
    return { call: made + 1, answered };
  }

  async #gather(worker: string, leader: Held, most: number, unheard: boolean): Promise<void> {
    const { made, answered } = this.#calls.get(worker) ?? { made: 0, answered: 0 };
    // What an unanswered call claimed goes back before a worker hears of others.
    if (made > answered && !unheard) return;
    const { call } = this.#nextCall(worker);
    const request = { worker, call, leader, most, leaseMs: LEASE_MS };
    this.#tell("gather", { worker, call, leader: named(leader), most }, unheard ? "unheard" : "");
    const claims = await this.#desk.store.gather(request);
    expect(claims).toEqual(gather(this.#model, request));
    this.#keep(worker, claims);
    if (!unheard) this.#calls.set(worker, { made: call, answered: call });
  }

  #whoGathers(astray: (Step & { do: "gather" })["astray"]): [string, Held] | undefined {
    if (typeof astray === "object") {
      const claim = this.#delivery(astray.worker, astray.which);
      return claim && [astray.worker, { id: claim.id, delivery: claim.delivery }];
    }
    const [task] = this.#model.gates.leaders.claimed();
    if (task?.place.in !== "hands") return undefined;
    return [task.place.lease.worker, { id: task.id, delivery: task.delivery - (astray === "late" ? 1 : 0) }];
  }

  #keep(worker: string, claims: readonly Claim[]): void {
    this.#told.push(`   given ${claims.map(named).join(", ")}`);
    this.#deliveries.set(worker, [...(this.#deliveries.get(worker) ?? []), ...claims]);
  }

  async #send(request: SettleRequest, unheard = false): Promise<void> {
    const { worker, call, answered, want, ahead, sleepMs } = request;
    const ends = request.settlements.map((one) => `${named(one)} ${JSON.stringify(one.outcome)}`);
    this.#tell("settle", { worker, call, answered, ends, want, ahead, sleepMs }, unheard ? "unheard" : "");
    const { known, ...settled } = await this.#desk.store.settle(request);
    const said = this.#model.settle(request, settled.nextMs);
    for (const claim of said.claims) {
      if (!this.#unsure.delete(claim.id)) continue;
      const { delivery } = settled.claims.find(({ id }) => id === claim.id) ?? claim;
      this.#model.counted(claim.id, delivery);
      Object.assign(claim, { delivery: Math.max(claim.delivery, delivery) });
    }
    expect(settled).toEqual({ now: this.#model.now, ...said });
    if (sleepMs > 0) expect(known).toBe(true);
    this.#sleepers.rests(worker, unheard ? 0 : settled.nextMs);
    const { claims } = settled;
    if (!unheard) this.#calls.set(worker, { made: call, answered: call });
    this.#keep(worker, claims);
  }

  #settlement(claim: Claim, outcome: Ending["outcome"]): Settlement {
    const { id, delivery, stored } = claim;
    const { serial = "", key = "", name = "" } = stored ?? {};
    const ties = { serial, key, name };
    const at = this.#model.now + ("ms" in outcome ? outcome.ms : 0);
    return { id, delivery, ties, outcome: outcome.kind === "park in" ? { kind: "park", at } : outcome };
  }

  #newTask(spec: Spec): NewTask {
    const { name, serial, key, payload, carried, priority, due } = spec;
    const group = GROUPS[spec.group];
    const id = `t${String(this.#nextId++).padStart(3, "0")}`;
    const when: Due = due.kind === "from now" ? { kind: "at", at: this.#model.now + due.ms } : due;
    const task = {
      ...{ id, name, serial, key, payload, carried, priority, due: when, doors: doorsOf(spec) },
      ...{ group, limit: limitOf(spec), batch: batchOf(spec, serial, group) },
    };
    this.#asked.push(task);
    this.#askedAt.set(id, this.#model.now);
    return task;
  }

  #delivery(worker: string, which: Which): Claim | undefined {
    return this.#pick(this.#deliveries.get(worker) ?? [], which);
  }

  #pick<T>(list: readonly T[], which: Which): T | undefined {
    return list.at(-1 - (which % Math.max(1, list.length)));
  }

  async #same<T>(answer: Promise<T>, modelled: T): Promise<void> {
    expect(await answer).toEqual(modelled);
  }

  #tell(...what: readonly unknown[]): void {
    this.#told.push(what.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(" "));
  }

  /** Does all that is left, as far as rates let it be done at a time. */
  async #finish(): Promise<void> {
    const { store, clock } = this.#desk;
    clock.advance("40d");
    for (const { task, where } of await store.strikes()) await store.restore({ task, where });
    await store.resume(Object.values(GROUPS).map(({ name }) => name));
    for (let left = 1; left > 0;) {
      clock.advance("1h");
      await sweep(store);
      const { held, waiting, blocked, delayed, running } = await store.snapshot();
      left = held + waiting + blocked + delayed + running;
    }
  }
}

function editOf(spec: Spec): Replacement {
  const { serial, payload } = spec;
  const group = GROUPS[spec.group];
  return { serial, payload, group, limit: limitOf(spec), batch: batchOf(spec, serial, group) };
}

const named = ({ id, delivery }: Held): string => `${id}/${String(delivery)}`;
