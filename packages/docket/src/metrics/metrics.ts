import { StoreUnavailable } from "../errors.js";
import type { CommandCounts, Overview, Snapshot, TaskOverview } from "../store/sight.js";

/** A docket as far as it is counted. */
export interface Observed {
  snapshot(): Promise<Snapshot>;
  tasks(): Promise<Overview>;
  commandsSent(): CommandCounts;
}

/** One look at it: two commands to Redis. */
export interface Sight {
  /** Undefined while the store is away. */
  readonly found: { readonly snapshot: Snapshot; readonly tasks: readonly TaskOverview[] } | undefined;
  readonly sent: CommandCounts;
}

export interface Point {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is counted, and how it is read from a look. */
export interface Metric {
  /** In the way of OpenTelemetry: dots between, no unit in it. */
  readonly name: string;
  /** A counter only grows, while its process or its store lives. */
  readonly kind: "gauge" | "counter";
  /** In UCUM: seconds, or what is counted in braces. */
  readonly unit: "s" | "1" | `{${string}}`;
  readonly help: string;
  readonly points: (sight: Sight) => Point[];
}

const STATES = ["waiting", "delayed", "running", "held", "blocked", "aside"] as const;

/** Every metric, once. */
export const METRICS: readonly Metric[] = [
  {
    name: "docket.up",
    kind: "gauge",
    unit: "1",
    help: "Whether the store answers: 1 or 0. While it doesn't, nothing else is news but the commands that were sent.",
    points: ({ found }) => [{ value: found === undefined ? 0 : 1, labels: {} }],
  },
  {
    name: "docket.tasks",
    kind: "gauge",
    unit: "{task}",
    help: "Living tasks by name and state; reckoned where more than 500 are in one place.",
    points: eachTask((task) =>
      STATES.map((state) => ({ value: task[state], labels: { task: task.task, state } })),
    ),
  },
  {
    name: "docket.waiting.age",
    kind: "gauge",
    unit: "s",
    help: "For how long the oldest task that could run has been there; 0 when none waits.",
    points: eachTask(({ task, oldestWaitingAt }, now) => [
      { value: age(oldestWaitingAt, now), labels: { task } },
    ]),
  },
  {
    name: "docket.running.age",
    kind: "gauge",
    unit: "s",
    help: "For how long the longest run has been going on; 0 when none runs.",
    points: eachTask(({ task, oldestRunningAt }, now) => [
      { value: age(oldestRunningAt, now), labels: { task } },
    ]),
  },
  {
    name: "docket.dead_letters",
    kind: "gauge",
    unit: "{task}",
    help: "Tasks that were given up, and lie there.",
    points: each(({ dead }) => [{ value: dead, labels: {} }]),
  },
  {
    name: "docket.workers",
    kind: "gauge",
    unit: "{worker}",
    help: "Workers that are alive, as far as the store can know.",
    points: each(({ workers }) => [{ value: workers.length, labels: {} }]),
  },
  {
    name: "docket.events",
    kind: "counter",
    unit: "{event}",
    help: "What has happened to tasks since the store began: recovered from lost workers, dead, laid aside, refused, undecodable.",
    points: each(({ counts }) =>
      Object.entries(counts).map(([event, value]) => ({ value, labels: { event } })),
    ),
  },
  {
    name: "docket.commands",
    kind: "counter",
    unit: "{command}",
    help: "Commands that this process has sent to Redis, by what they were for.",
    points: ({ sent }) =>
      Object.entries({ ...sent }).map(([purpose, value]) => ({ value, labels: { purpose } })),
  },
];

/** Looks at a docket. Never rejects because its store is away. */
export async function look(docket: Observed): Promise<Sight> {
  try {
    const [snapshot, overview] = await Promise.all([docket.snapshot(), docket.tasks()]);
    return { found: { snapshot, tasks: overview.tasks }, sent: docket.commandsSent() };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { found: undefined, sent: docket.commandsSent() };
  }
}

function each(points: (snapshot: Snapshot) => Point[]): Metric["points"] {
  return ({ found }) => (found === undefined ? [] : points(found.snapshot));
}

function eachTask(points: (task: TaskOverview, now: number) => Point[]): Metric["points"] {
  return ({ found }) => found?.tasks.flatMap((task) => points(task, found.snapshot.now)) ?? [];
}

/** In seconds. */
function age(since: number | undefined, now: number): number {
  return since === undefined ? 0 : Math.max(0, now - since) / 1_000;
}
