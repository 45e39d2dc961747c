import fc from "fast-check";
import type { Due, Group, Outcome } from "../../src/store/store.js";
import { BATCHES, LIMITS } from "./terms.js";

/** Three workers, of which one doesn't know the second task. */
export const WORKERS: Readonly<Record<string, readonly string[]>> = {
  anna: ["mail", "sco\tre %"],
  bert: ["mail", "sco\tre %"],
  cora: ["mail"],
};
export const NAMES = ["mail", "sco\tre %"] as const;
export const KEYS = ["k1", "k2", "k\t3 %"];
export const GROUPS: Readonly<Record<string, Group>> = {
  free: { name: "free", rate: undefined },
  one: { name: "one", rate: { limit: 1, perMs: 300_000 } },
  two: { name: "t\two %", rate: { limit: 2, perMs: 400_000 } },
};
const GROUP_NAMES = Object.values(GROUPS).map(({ name }) => name);
const WHERES = ["", '{"x":1}'];
export const LEASE_MS = 10_000;

export interface Spec {
  readonly name: string;
  readonly serial: string;
  readonly key: string;
  readonly group: string;
  /** By the names of GROUPS, LIMITS, DOORS and BATCHES; none where it is empty. */
  readonly limit: string;
  readonly doors: readonly string[];
  readonly batch: string;
  readonly priority: "high" | "low" | undefined;
  readonly payload: string;
  readonly carried: string | undefined;
  readonly due: Due | { readonly kind: "from now"; readonly ms: number };
}

/** Which of so many: counted from the last, round and round. */
export type Which = number;

export interface Ending {
  readonly which: Which;
  readonly outcome: Outcome | { readonly kind: "park in"; readonly ms: number };
}

/** Undefined: one that is to gather does; late: for its delivery before; else some delivery of a worker, whatever has become of it. */
type Astray = { readonly worker: string; readonly which: Which } | "late" | undefined;

/** A step of a script: what a program, a worker, an operator or time does next. Tasks and deliveries are chosen when it comes to it. */
export type Step =
  | { readonly do: "add"; readonly specs: readonly Spec[] }
  | { readonly do: "add again"; readonly which: Which }
  | { readonly do: "replace"; readonly spec: Spec }
  | { readonly do: "replace again"; readonly which: Which }
  | { readonly do: "cancel" | "discard"; readonly which: Which }
  | { readonly do: "replay"; readonly which: Which; readonly edit: Spec | undefined }
  | { readonly do: "wake"; readonly keys: readonly string[] }
  | { readonly do: "pause"; readonly groups: readonly string[]; readonly ms: number; readonly at: boolean }
  | { readonly do: "resume"; readonly groups: readonly string[] }
  | { readonly do: "strike"; readonly task: string; readonly where: string }
  | { readonly do: "restore"; readonly which: Which }
  | { readonly do: "hello" | "bye"; readonly worker: string }
  | { readonly do: "bye unread"; readonly worker: string; readonly spec: Spec }
  | {
      readonly do: "settle";
      readonly worker: string;
      readonly endings: readonly Ending[];
      readonly want: number;
      readonly ahead: number;
      /** The answer never comes. */
      readonly unheard: boolean;
      readonly sleepMs: number;
      /** So many others are gathered by each that leads a batch; 0: nobody does, yet. */
      readonly gathers: number;
    }
  /** Who has the first of a batch asks for the others; else whoever has that delivery. */
  | {
      readonly do: "gather";
      readonly astray: Astray;
      readonly most: number;
      readonly unheard: boolean;
    }
  /** All that was told last is told once more, as after a lost answer. */
  | { readonly do: "settle again" }
  | {
      readonly do: "renew";
      readonly worker: string;
      readonly which: readonly Which[];
      readonly leaseMs: number;
    }
  | { readonly do: "report"; readonly worker: string; readonly which: Which; readonly progress: string }
  | { readonly do: "clock"; readonly ms: number };

const which = fc.nat({ max: 11 });
const worker = fc.constantFrom(...Object.keys(WORKERS));
const soon = fc.constantFrom(0, 1, 500, 5_000, 60_000);

const due: fc.Arbitrary<Spec["due"]> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: "now" } as const) },
  { weight: 2, arbitrary: soon.map((ms) => ({ kind: "in", ms }) as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-1_000, 500, 5_000).map((ms) => ({ kind: "from now", ms }) as const),
  },
);

/** The first as often as the others together: what meets is what has much in common. */
const mostly = <T>(first: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(fc.constant(first), fc.constantFrom(...others));

const rarely = <T>(first: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

/** What tasks are made of. */
interface Choice {
  readonly name: fc.Arbitrary<string>;
  readonly serial: fc.Arbitrary<string>;
  readonly key: fc.Arbitrary<string>;
  readonly group: fc.Arbitrary<string>;
  readonly limit: fc.Arbitrary<string>;
  readonly doors: fc.Arbitrary<readonly string[]>;
  readonly priority: fc.Arbitrary<Spec["priority"]>;
  readonly batch: fc.Arbitrary<string>;
}

const RARELY: Pick<Choice, "limit" | "doors" | "priority" | "batch"> = {
  limit: rarely("", ...Object.keys(LIMITS)),
  doors: rarely<readonly string[]>([], ["rate"], ["cooldown"], ["rate", "cooldown"]),
  priority: rarely<Spec["priority"]>(undefined, "high", "low"),
  batch: fc.constant(""),
};
const ANY: Choice = {
  ...RARELY,
  name: mostly(...NAMES),
  serial: mostly("", "s1", "s\t2 %"),
  key: fc.constantFrom(...KEYS),
  group: fc.constantFrom("", "", ...Object.keys(GROUPS)),
};
/** Nothing counts that it was given to somebody who never heard of it. */
const PLAIN: Choice = { ...ANY, group: fc.constant(""), limit: fc.constant("") };
/** So few that they meet. */
const FEW: Choice = {
  ...RARELY,
  name: fc.constant("mail"),
  serial: mostly("", "s1"),
  key: fc.constant("k1"),
  group: fc.constantFrom("", "free", "one", "two"),
  limit: mostly("", "one", "two"),
};

const spec = (choice: Choice, at = due): fc.Arbitrary<Spec> =>
  fc.record({
    ...choice,
    payload: mostly("{}", '{"x":1}', '{"x":2}'),
    carried: mostly(undefined, "trace"),
    due: at,
  });

const maybeKeyed = (choice: Choice): fc.Arbitrary<Spec> =>
  spec({ ...choice, key: fc.oneof(fc.constant(""), choice.key) });
const burst = fc.constant({ kind: "quiet", ms: 5_000, longestMs: 8_000 } as const);

const outcome: fc.Arbitrary<Ending["outcome"]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "done" } as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(undefined, "7").map((json) => ({ kind: "done", result: { json } }) as const),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(0, 500, 5_000)
      .map((ms) => ({ kind: "retry", ms, info: `"${String(ms)}"` }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "retry", ms: 500 } as const) },
  { weight: 2, arbitrary: fc.constantFrom(-1_000, 0, 5_000).map((ms) => ({ kind: "park in", ms }) as const) },
  { weight: 3, arbitrary: fc.constant({ kind: "dead", info: '"why"' } as const) },
  { weight: 3, arbitrary: fc.constant({ kind: "return" } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: "aside" } as const) },
);

/** Of some of the last deliveries, each its own or all the same. */
const endings: fc.Arbitrary<readonly Ending[]> = fc.oneof(
  fc.uniqueArray(fc.record({ which, outcome }), { maxLength: 3, selector: (ending) => ending.which }),
  fc
    .tuple(fc.integer({ min: 2, max: 4 }), outcome)
    .map(([count, same]) => Array.from({ length: count }, (_, at) => ({ which: at, outcome: same }))),
);

type Weighted = fc.WeightedArbitrary<Step>;

/** What programs and operators do with tasks. */
const ofTasks = (choice: Choice, atOnce = 3): Weighted[] => [
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      specs: fc.array(maybeKeyed(choice), { minLength: 1, maxLength: atOnce }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("replace" as const),
      spec: spec(choice, fc.oneof(due, burst)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "cancel" as const,
        "cancel" as const,
        "cancel" as const,
        "discard" as const,
        "add again" as const,
        "replace again" as const,
      ),
      which,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("replay" as const),
      which,
      edit: fc.option(maybeKeyed(choice), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wake" as const),
      keys: fc.array(choice.key, { minLength: 1, maxLength: 3 }),
    }),
  },
];

const groups = fc.array(fc.constantFrom(...GROUP_NAMES), { minLength: 1, maxLength: 2 });

const gatesOf = (where: fc.Arbitrary<string>): Weighted[] => [
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("pause" as const), groups, ms: soon, at: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("resume" as const), groups }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("strike" as const),
      task: mostly(...NAMES),
      where,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("restore" as const), which }) },
];
const ofGates = gatesOf(fc.constantFrom(...WHERES));

const NOBODY: fc.Arbitrary<number> = fc.constant(0);
const ofWorkers = (
  ahead: fc.Arbitrary<number>,
  sleepMs: fc.Arbitrary<number>,
  { want = fc.nat({ max: 3 }), gathers = NOBODY } = {},
): Weighted[] => [
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("hello" as const, "bye" as const), worker }) },
  {
    weight: 22,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      worker,
      endings,
      want,
      ahead,
      unheard: fc.constantFrom(false, false, false, false, true),
      sleepMs,
      gathers,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "settle again" } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("renew" as const),
      worker,
      which: fc.uniqueArray(which, { minLength: 1, maxLength: 2 }),
      leaseMs: fc.constantFrom(5_000, LEASE_MS, 60_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("report" as const),
      worker,
      which,
      progress: fc.constantFrom("5", '{"at":1}'),
    }),
  },
];

const clock = (...steps: readonly number[]): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant("clock" as const), ms: fc.constantFrom(...steps) });
const short = clock(1, 500, 3_000, 5_000, LEASE_MS);
const long = clock(60_000, 300_000, 600_000, 3_600_000, 31 * 86_400_000);

const scriptOf = (...steps: readonly Weighted[]): fc.Arbitrary<readonly Step[]> => atLeast(1, steps);

const atLeast = (minLength: number, steps: readonly Weighted[]): fc.Arbitrary<readonly Step[]> =>
  fc.array(fc.oneof(...steps), { minLength, maxLength: 40, size: "max" });

/** Workers come and ask: what each is given is determined. */
export const asking = scriptOf(
  ...ofTasks(ANY),
  ...ofGates,
  ...ofWorkers(fc.constantFrom(0, 0, 0, 2), fc.constant(0)),
  { weight: 6, arbitrary: short },
  { weight: 2, arbitrary: long },
);

/** Few tasks, and much that keeps them from starting. */
export const holding = scriptOf(
  ...ofTasks(FEW),
  ...ofGates,
  ...ofGates,
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      worker: fc.constant("anna"),
      endings: fc.array(
        fc.record({
          which: fc.constant(0),
          outcome: mostly({ kind: "done" } as const, { kind: "return" } as const),
        }),
        { maxLength: 1 },
      ),
      want: fc.nat({ max: 2 }),
      ahead: fc.constant(0),
      unheard: fc.constant(false),
      sleepMs: fc.constant(0),
      gathers: fc.constant(0),
    }),
  },
  { weight: 6, arbitrary: short },
  { weight: 6, arbitrary: clock(60_000, 300_000) },
);

/** Workers sleep, and tasks come to them: to which of them is for the store to say. */
export const sleeping = scriptOf(
  ...ofTasks(ANY),
  ...ofGates,
  ...ofWorkers(fc.constant(0), fc.constantFrom(0, 20_000, 125_000, 125_000)),
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("bye unread" as const),
      worker,
      spec: maybeKeyed(PLAIN),
    }),
  },
  { weight: 6, arbitrary: short },
  { weight: 1, arbitrary: clock(60_000) },
);

const astray: fc.Arbitrary<Astray> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant("late" as const) },
  { weight: 2, arbitrary: fc.record({ worker: fc.constantFrom("anna", "bert"), which: fc.nat({ max: 3 }) }) },
);

/**
 * For what waits to run with others. A worker asks for one at a time: of many, Redis looks at as many at once, and those of
 * them that come to stand behind a gate do so before one that it lets through is claimed.
 */
const batched = (sleepMs: fc.Arbitrary<number>, name: Choice["name"]): fc.Arbitrary<readonly Step[]> =>
  atLeast(24, [
    ...ofTasks(
      {
        ...ANY,
        name,
        serial: rarely("", "s1"),
        group: mostly("", "free"),
        limit: fc.constant(""),
        doors: fc.constant([]),
        priority: RARELY.priority,
        batch: rarely<string>("pair", "", ...Object.keys(BATCHES)),
      },
      6,
    ),
    // Not often all of them at a time: then none would run.
    ...gatesOf(rarely('{"x":1}', "")),
    ...ofWorkers(fc.constant(0), sleepMs, {
      want: rarely(1, 0),
      gathers: fc.constantFrom(0, 1, 1, 2),
    }),
    {
      weight: 24,
      arbitrary: fc.record({
        do: fc.constant("gather" as const),
        astray,
        most: mostly(2, 1, 3),
        unheard: rarely(false, true),
      }),
    },
    { weight: 8, arbitrary: short },
    { weight: 6, arbitrary: clock(LEASE_MS) },
    { weight: 1, arbitrary: clock(60_000) },
  ]);

/** What waits to run together. */
export const gathering = batched(fc.constant(0), rarely(...NAMES));

/** The same, where workers sleep; each of them knows the task, so that it doesn't matter who looks first at what was laid aside. */
export const gatheringAsleep = batched(fc.constantFrom(0, 20_000, 125_000, 125_000), fc.constant("mail"));
