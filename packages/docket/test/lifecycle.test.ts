import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test as plain } from "vitest";
import type { Claim, Due, Outcome } from "../src/store/store.js";
import {
  after,
  LIFECYCLE,
  lifecycleDiagram,
  TASK_EVENTS,
  TASK_STATES,
  type TaskEvent,
  type TaskState,
} from "../src/task/lifecycle.js";
import { newTask, only, onBothStores, test, type Desk } from "./desk.js";

const SHORT = 1_000;
const DAY = 86_400_000;
const GROUP = { name: "group", rate: undefined };
const SUBJECT = { key: "key", serial: "lane", name: "rare", group: GROUP };

/** One task on a store, driven from state to state; and, where it takes two, its neighbour at the head of the lane. */
class Subject {
  readonly #desk: Desk;
  readonly #event: TaskEvent;
  readonly #leaseMs: number;
  readonly #dueMs: number;
  #holder = "holder";
  #claim: Claim | undefined;
  #neighbour: Claim | undefined;

  constructor(desk: Desk, event: TaskEvent) {
    this.#desk = desk;
    this.#event = event;
    this.#leaseMs = event === "expire" || event === "expire apart" ? SHORT : DAY;
    this.#dueMs = event === "due" || event === "due behind" ? SHORT : DAY;
  }

  async bring(to: TaskState): Promise<void> {
    const desk = this.#desk;
    await desk.hello("holder", ["task"]);
    if (to === "blocked") await this.#addNeighbour();
    const apart = this.#event === "expire apart" && ["running", "cancelling"].includes(to);
    if (apart) await desk.add("another");
    const due = to === "delayed" ? ({ kind: "in", ms: this.#dueMs } as const) : ({ kind: "now" } as const);
    if (to !== "gone") await desk.add("subject", { ...SUBJECT, due });
    if (to === "held") await this.#pause();
    if (apart) await this.#loseBesideAnother();
    if (["held", "running", "cancelling", "aside", "dead"].includes(to)) await this.#claimAs("holder");
    if (to === "cancelling") await desk.store.cancel("subject");
    if (to === "aside") await this.#settle({ kind: "aside" });
    if (to === "dead") await this.#settle({ kind: "dead", info: "{}" });
    const twoInLane = this.#event.endsWith("behind") || this.#event === "turn";
    if (twoInLane && ["gone", "delayed", "dead"].includes(to)) await this.#addNeighbour();
  }

  /** Has the event happen, or tries to; whether the store said that it did, where it says so. */
  async meet(): Promise<boolean | undefined> {
    const desk = this.#desk;
    const inADay = desk.clock.now() + DAY;
    switch (this.#event) {
      case "add":
      case "add behind":
        return this.#add({ kind: "now" });
      case "add later":
        return this.#add({ kind: "in", ms: DAY });
      case "claim":
        await desk.hello("taker", ["rare", "task"]);
        return this.#claimAs("taker");
      case "claim held":
        await this.#pause();
        await desk.hello("taker", ["rare", "task"]);
        await this.#claimAs("taker");
        return undefined;
      case "open":
        await desk.store.resume([GROUP.name]);
        return undefined;
      case "done":
        return this.#settle({ kind: "done" });
      case "retry":
        return this.#settle({ kind: "retry", ms: DAY });
      case "park":
        return this.#settle({ kind: "park", at: inADay });
      case "die":
        return this.#settle({ kind: "dead", info: "{}" });
      case "return":
        return this.#settle({ kind: "return" });
      case "lay aside":
        return this.#settle({ kind: "aside" });
      case "expire":
      case "expire apart":
      case "due":
      case "due behind":
        desk.clock.advance(SHORT);
        await desk.settle("anybody");
        return undefined;
      case "turn":
        await this.#endHead();
        return undefined;
      case "wake":
      case "wake behind":
        return (await desk.store.wake([SUBJECT.key])) > 0;
      case "cancel":
        return (await desk.store.cancel("subject")) !== "unknown";
      case "replace":
      case "replace behind":
        return this.#replace({ kind: "now" });
      case "replace later":
        return this.#replace({ kind: "in", ms: DAY });
      case "replay":
      case "replay behind":
        return ["replayed", "overtaken"].includes(await desk.store.replay("subject"));
      case "discard":
        return desk.store.discard("subject");
    }
  }

  async state(): Promise<TaskState> {
    const { store } = this.#desk;
    const dead = (await store.letters(9, 0)).some(({ id }) => id === "subject");
    const { id, state } = only(await store.find([SUBJECT.key]));
    if (id !== "subject" || state === "unknown" || state === "dead") return dead ? "dead" : "gone";
    if (dead) throw new Error("it lives and is dead");
    if (state !== "waiting") return state;
    const { aside, blocked, waiting, held } = await store.snapshot();
    const places = [
      ...(aside["rare"] === 1 ? ["aside"] : []),
      ...(blocked === 1 ? ["blocked"] : []),
      ...(held === 1 ? ["held"] : []),
      ...(waiting === 1 ? ["waiting"] : []),
    ];
    const place = only(places);
    return place === "aside" || place === "blocked" || place === "held" ? place : "waiting";
  }

  /** What can only be told from a running task by its end: one that was cancelled isn't handed back. Ends it. */
  async runningOrCancelling(): Promise<TaskState> {
    await this.#settle({ kind: "return" });
    return (await this.state()) === "gone" ? "cancelling" : "running";
  }

  async #add(due: Due): Promise<boolean> {
    const { key } = SUBJECT;
    const lives = only(await this.#desk.store.find([key])).state !== "unknown";
    const { id, added } = await this.#desk.add(lives ? "again" : "subject", { ...SUBJECT, due });
    return added && id === "subject";
  }

  /** Undefined where nothing is to be seen of it: the running task's follower, taken away so that its state can be. */
  async #replace(due: Due): Promise<boolean | undefined> {
    const { key } = SUBJECT;
    const { store } = this.#desk;
    const { state, id } = only(await store.find([key]));
    const behind = (await store.snapshot()).blocked > 0 || this.#neighbour !== undefined;
    const meant = this.#event === "replace behind";
    if (meant !== behind && due.kind === "now") return undefined;
    const own = state === "unknown" ? "subject" : "again";
    const answer = await store.replace(newTask(own, { ...SUBJECT, due }));
    if (state !== "running") return answer.id === "subject";
    expect(answer, "its follower").toEqual({ id: "again", added: true });
    expect(await store.cancel("again")).toBe("cancelled");
    return only(await store.find([key])).id === id;
  }

  /** The other one, which has lost its worker as often, stands before it. */
  async #loseBesideAnother(): Promise<void> {
    await this.#desk.claim("loses both", 2, { leaseMs: SHORT });
    this.#desk.clock.advance(SHORT);
    await this.#desk.settle("anybody");
    const claims = await this.#desk.claim("loses one", 1, { leaseMs: SHORT });
    expect(claims).toMatchObject([{ id: "another", lost: 1 }]);
  }

  #pause(): Promise<void> {
    return this.#desk.store.pause([GROUP.name], { kind: "in", ms: DAY }, "for a day");
  }

  async #claimAs(worker: string): Promise<boolean> {
    const claims = await this.#desk.claim(worker, 1, { leaseMs: this.#leaseMs });
    const claim = claims.find(({ id }) => id === "subject");
    if (claim === undefined) return false;
    this.#claim = claim;
    this.#holder = worker;
    return true;
  }

  async #settle(outcome: Outcome): Promise<boolean> {
    const stored = { ...SUBJECT, payload: "{}", addedAt: 0 };
    const never = { id: "subject", stored, attempt: 1, delivery: 1, lost: 0, claimedAt: 0 };
    const { refused } = await this.#desk.conclude(this.#holder, this.#claim ?? never, outcome);
    return !refused.includes("subject");
  }

  async #addNeighbour(): Promise<void> {
    await this.#desk.add("neighbour", { serial: SUBJECT.serial });
    this.#neighbour = only(await this.#desk.claim("neighbour", 1, { leaseMs: DAY }));
  }

  async #endHead(): Promise<void> {
    if (this.#neighbour !== undefined) return this.#desk.finish("neighbour", this.#neighbour);
    await this.#desk.add("stranger", { serial: "another lane" });
    await this.#desk.store.cancel("stranger");
  }
}

const states = Object.keys(TASK_STATES).filter((name): name is TaskState => name in TASK_STATES);
const events = Object.keys(TASK_EVENTS).filter((name): name is TaskEvent => name in TASK_EVENTS);
const pairs = states.flatMap((from) => events.map((event) => ({ from, event, to: after(from, event) })));

onBothStores("the lifecycle of a task", () => {
  test.for(pairs)("$from, $event: $to", async ({ from, event, to }, { desk }) => {
    const subject = new Subject(desk, event);
    await subject.bring(from);
    const happened = await subject.meet();
    if (happened !== undefined) expect(happened, "what the store answered").toBe(to !== undefined);
    const state = await subject.state();
    expect(state === "running" ? await subject.runningOrCancelling() : state).toBe(to ?? from);
  });
});

describe("the table", () => {
  plain("has one answer to each state and event", () => {
    const seen = LIFECYCLE.map(([from, event]) => `${from}, ${event}`);
    expect(seen).toEqual([...new Set(seen)]);
  });

  plain("leads from gone to each state and from each state to gone, and uses each event", () => {
    const reach = (start: TaskState, step: (state: TaskState) => TaskState[]): TaskState[] => {
      const reached = new Set([start]);
      for (const state of reached) for (const next of step(state)) reached.add(next);
      return [...reached].sort();
    };
    const onward = (state: TaskState): TaskState[] =>
      LIFECYCLE.flatMap(([from, , to]) => (from === state ? [to] : []));
    const back = (state: TaskState): TaskState[] =>
      LIFECYCLE.flatMap(([from, , to]) => (to === state ? [from] : []));
    expect(reach("gone", onward)).toEqual(states.toSorted());
    expect(reach("gone", back)).toEqual(states.toSorted());
    expect([...new Set(LIFECYCLE.map(([, event]) => event))].sort()).toEqual(events.toSorted());
  });

  plain("is drawn with each of its transitions", () => {
    const diagram = lifecycleDiagram();
    const [head, ...arrows] = diagram.trimEnd().split("\n");
    expect(head).toBe("stateDiagram-v2");
    const drawn = arrows.flatMap((line) => {
      const [, from = "", to = "", list = ""] = /^ {2}(\S+) --> (\S+): (.+)$/.exec(line) ?? [];
      return list
        .split(", ")
        .map((event) => [from, event, to].map((name) => (name === "[*]" ? "gone" : name)));
    });
    expect(drawn.toSorted()).toEqual(LIFECYCLE.map((transition) => [...transition]).toSorted());
    expect(diagram).toContain("  [*] --> waiting: add, replace\n");
  });

  plain("is drawn so in the documentation", () => {
    const file = fileURLToPath(new URL("../../../ARCHITECTURE.md", import.meta.url));
    expect(readFileSync(file, "utf8")).toContain(`\n\`\`\`mermaid\n${lifecycleDiagram()}\`\`\`\n`);
  });
});
