import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { Cancelled, LeaseLost, StoreUnavailable, WorkerStopping } from "../errors.js";
import type { WorkerInfo } from "../store/sight.js";
import type { Claim, Message, Settled, Store } from "../store/store.js";
import { knownNames } from "../task/version.js";
import { milliseconds, type Duration } from "../time/duration.js";
import type { Clock } from "../time/clock.js";
import { Ahead } from "./ahead.js";
import { Batches, mostDeliveries, type Delivery } from "./batches.js";
import { tellDeath } from "./burial.js";
import { Changes } from "./changes.js";
import { Execution, type ExecutionTools } from "./execution.js";
import { Greeter } from "./greeter.js";
import { Listener } from "./listener.js";
import { DONE, RETURNED, settlementOf, type Verdict } from "./outcome.js";
import { readOptions, type WorkerOptions, type WorkerParts } from "./options.js";
import { Renewer } from "./renewer.js";
import { Runs } from "./runs.js";
import { Settler, type Asker } from "./settler.js";
import { watchdogFor } from "./watchdog/watchdog.js";

/** Pause before a store that is away is tried again. */
const AWAY_MS = 250;
/** How long a stopping worker tries to tell the store what it knows; the leases do the rest. */
const FAREWELL_MS = 2_000;

/**
 * Claims tasks and runs them. While there is nothing to do it waits in a blocking read and a timer, and sends nothing.
 * `start` and `stop` may be called once or more, in any order; stopped is final.
 */
export class Worker<Services> {
  readonly id = randomBytes(9).toString("base64url");
  readonly #store: Store;
  readonly #clock: Clock | undefined;
  readonly #tools: ExecutionTools<Services>;
  readonly #greeter: Greeter;
  readonly #concurrency: number;
  readonly #leaseMs: number;
  readonly #sleepMs: number;
  readonly #running = new Runs<Delivery<Services>>();
  readonly #batches: Batches<Services>;
  readonly #ahead: Ahead;
  /** Not begun yet: they have their slots, or lie ahead, for all that the store is told. */
  readonly #claimed: Claim[] = [];
  readonly #changes = new Changes();
  readonly #settler: Settler;
  readonly #listener: Listener;
  readonly #renewer: Renewer<Delivery<Services>>;
  readonly #unsubscribe: (() => void)[] = [];
  #phase: "new" | "running" | "draining" | "stopped" = "new";
  /** The store's time less this process's, in ms; rather too much: no claim may seem younger than it is. */
  #offset = 0;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws {RangeError} when an option is out of its range */
  constructor(parts: WorkerParts<Services>, options: WorkerOptions = {}) {
    const { concurrency, leaseMs, sleepMs, graceMs } = readOptions(options);
    this.#concurrency = concurrency;
    this.#sleepMs = sleepMs;
    const info: WorkerInfo = {
      tasks: [...parts.tools.tasks.values()].flatMap(knownNames),
      ...{ worker: this.id, concurrency, host: hostname() },
      ...{ pid: process.pid, startedAt: Date.now() },
      ...(parts.version === undefined ? {} : { version: parts.version }),
    };
    this.#leaseMs = leaseMs;
    const deliveries = mostDeliveries(concurrency, parts.tools.tasks.values());
    const watchdog = watchdogFor(parts, { worker: this.id, deliveries, leaseMs, graceMs });
    this.#ahead = new Ahead(this.#concurrency, this.#handBack.bind(this));
    this.#store = parts.store;
    this.#greeter = new Greeter(parts.store, info, parts.seed, parts.tools.log);
    this.#clock = parts.clock;
    this.#tools = {
      ...{ ...parts.tools, worker: this.id },
      storeNow: () => parts.clock?.now() ?? Date.now() + this.#offset,
      report: (held, json) => this.#store.report(this.id, held, json),
      enter: (id, call) => (watchdog === undefined ? call() : watchdog.enter(id, call)),
    };
    this.#settler = new Settler(this.#store, this.#tools.log, {
      request: () => this.#request(),
      settled: this.#take.bind(this),
      begin: () => {
        for (const claim of this.#claimed.splice(0)) this.#run(claim);
      },
    });
    this.#listener = new Listener(this.#store, this.id, {
      message: this.#receive.bind(this),
      // What the broken read may have swallowed is left to its lease.
      broken: () => this.#untilAnswered(() => this.#settler.now()),
    });
    this.#renewer = new Renewer(this.#store, this.id, this.#leaseMs, this.#running, watchdog, (id) => {
      this.#lose(id);
    });
    this.#batches = new Batches({
      ...{ tools: this.#tools, running: this.#running, renewer: this.#renewer, settler: this.#settler },
      leasedUntil: this.#leasedUntil.bind(this),
      isOpen: () => this.#phase === "running",
      handBack: this.#handBack.bind(this),
      conclude: this.#conclude.bind(this),
      lose: this.#lose.bind(this),
    });
  }

  /** Resolves when the worker can claim; while the store is away, it goes on trying. @throws IncompatibleStore */
  start(): Promise<void> {
    if (this.#phase === "new") {
      this.#phase = "running";
      this.#starting = this.#begin();
    }
    return this.#starting ?? Promise.resolve();
  }

  /** Claims nothing new, lets what runs finish for `drain` (default 30 s), then hands the rest back at once, uncounted. */
  stop(options: { drain?: Duration } = {}): Promise<void> {
    this.#stopping ??= this.#end(milliseconds(options.drain ?? "30s", "the drain"));
    return this.#stopping;
  }

  /** Works until nothing waits, runs or is due, then stops. What is due later stays. For tests and scripts. */
  async runUntilIdle(): Promise<void> {
    await this.start();
    try {
      while (!(await this.#idle())) await this.#changes.next(25);
    } finally {
      await this.stop();
    }
  }

  async #begin(): Promise<void> {
    await this.#untilAnswered(() => this.#greeter.greet());
    const look = this.#settler.soon.bind(this.#settler);
    this.#unsubscribe.push(this.#store.onReconnect(look));
    if (this.#clock !== undefined) this.#unsubscribe.push(this.#clock.onJump(look));
    await this.#untilAnswered(() => this.#settler.now());
    if (this.#phase === "running") this.#listener.start();
  }

  async #end(drainMs: number): Promise<void> {
    this.#phase = "draining";
    this.#changes.notify();
    // A store that refused this worker isn't touched by it again.
    const began = await this.#starting?.then(
      () => true,
      () => false,
    );
    if (began === true) {
      for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
      this.#handBack(this.#ahead.clear());
      this.#settler.soon();
      await this.#changes.until(() => this.#running.size === 0, drainMs);
      for (const execution of this.#running.all()) {
        execution.abort(new WorkerStopping("the worker stops"));
        this.#conclude(execution, execution.unfinished);
      }
      await this.#changes.until(() => !this.#busy, FAREWELL_MS);
      await this.#greeter.leave();
    }
    this.#phase = "stopped";
    this.#settler.stop();
    await this.#renewer.stop();
    await this.#listener.stop();
  }

  get #busy(): boolean {
    return this.#claimed.length + this.#running.size + this.#ahead.size > 0 || this.#settler.busy;
  }

  /** Slots that runs have. */
  get #used(): number {
    return this.#running.size - this.#batches.surplus;
  }

  #request(): ReturnType<Asker["request"]> {
    const open = this.#phase === "running";
    const free = this.#concurrency - this.#used - this.#claimed.length;
    return {
      worker: this.id,
      want: open ? Math.max(0, free) : 0,
      ahead: open ? Math.max(0, this.#ahead.wanted + Math.min(0, free)) : 0,
      sleepMs: open ? this.#sleepMs : 0,
      leaseMs: this.#leaseMs,
    };
  }

  #take(settled: Settled, tookMs: number): void {
    this.#offset = settled.now - Date.now() + Math.ceil(tookMs);
    for (const id of settled.refused)
      this.#tools.log.warn({ id, worker: this.id }, "a task's outcome came too late: its lease was lost");
    this.#claimed.push(...settled.claims);
    if (this.#phase === "running") {
      this.#greeter.inTouch(settled.now);
      if (!settled.known) void this.#greeter.greetAgain(this.#settler.within.bind(this.#settler, AWAY_MS));
    }
    this.#changes.notify();
  }

  #receive(message: Message): void {
    if (message.kind === "look") {
      if (message.ms === 0) this.#settler.soon();
      else this.#settler.within(message.ms + 2);
    } else if (message.kind === "cancel") {
      const claim = this.#ahead.remove(message.id);
      if (claim !== undefined) this.#settler.push(settlementOf(claim, DONE));
      this.#running.get(message.id)?.abort(new Cancelled("the task was cancelled"));
    } else {
      this.#run(message.claim);
      // The store goes on giving to whoever has had more than one slot, until it is told otherwise.
      const full = this.#concurrency > 1 && this.#used >= this.#concurrency;
      if (message.more || full) this.#settler.soon();
    }
  }

  #run(claim: Claim): void {
    if (this.#phase !== "running") {
      this.#handBack([claim]);
      return;
    }
    if (this.#used >= this.#concurrency) {
      this.#ahead.put(claim);
      return;
    }
    const leasedUntil = this.#leasedUntil(claim);
    // A claim that was long on its way (a hung process, a slow line) may be another's by now.
    const unsure = leasedUntil - performance.now() < this.#leaseMs / 2;
    if (this.#batches.begin(claim, async () => !unsure || (await this.#renewer.confirm(claim)))) return;
    const execution = new Execution(claim, leasedUntil, this.#tools);
    this.#renewer.hold(execution);
    void this.#execute(execution, unsure);
  }

  #leasedUntil({ claimedAt }: Claim): number {
    return performance.now() + this.#leaseMs - Math.max(0, this.#tools.storeNow() - claimedAt);
  }

  async #execute(execution: Execution<Services>, unsure: boolean): Promise<void> {
    const { claim } = execution;
    const held = !unsure || (await this.#renewer.confirm(claim));
    const began = performance.now();
    const verdict = held ? await execution.run() : undefined;
    this.#ahead.ended(performance.now() - began);
    if (verdict === undefined) this.#lose(claim.id, execution);
    else this.#conclude(execution, verdict);
  }

  #conclude(execution: Delivery<Services>, verdict: Verdict): void {
    const { claim } = execution;
    // Lost meanwhile, or handed back at the end of the drain.
    if (this.#running.get(claim.id) !== execution) return;
    this.#renewer.drop(claim.id);
    const { death } = verdict;
    const settlement = settlementOf(claim, verdict);
    if (death === undefined) this.#settler.push(settlement);
    else this.#settler.push(settlement, tellDeath.bind(undefined, this.#tools, claim, death));
    this.#refill();
  }

  /** A slot is free: what lies ahead is next. */
  #refill(): void {
    const claim = this.#ahead.take();
    if (claim !== undefined) this.#run(claim);
    this.#changes.notify();
  }

  #handBack(claims: readonly Claim[]): void {
    for (const claim of claims) this.#settler.push(settlementOf(claim, RETURNED));
  }

  #lose(id: string, only = this.#running.get(id)): void {
    const execution = this.#running.get(id);
    if (execution === undefined || only !== execution) return;
    this.#renewer.drop(id);
    execution.abort(new LeaseLost("the lease was lost: another worker may have the task"));
    this.#tools.log.warn(
      { id, task: execution.claim.stored?.name, worker: this.id },
      "a task's lease was lost",
    );
    this.#settler.soon();
    this.#refill();
  }

  async #untilAnswered(ask: () => Promise<void>): Promise<void> {
    while (this.#phase === "running") {
      try {
        await ask();
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        await this.#changes.next(AWAY_MS);
      }
    }
  }

  async #idle(): Promise<boolean> {
    if (this.#busy) return false;
    const { waiting, running, nextAt, now } = await this.#store.snapshot();
    return waiting === 0 && running === 0 && (nextAt === undefined || nextAt > now) && !this.#busy;
  }
}
