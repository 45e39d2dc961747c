export {
  withoutIds,
  type DeadGroup,
  type DeadLetter,
  type FailedAttempt,
  type LettersAsked,
  type LettersMeant,
  type ManyReplayed,
} from "./docket/dead-letter.js";
export type { DebounceOptions } from "./docket/debounce.js";
export { Docket, type DocketOptions, type Finding } from "./docket/docket.js";
export {
  Cancelled,
  IncompatibleStore,
  InvalidPayload,
  LeaseLost,
  ResultGone,
  RetryAt,
  StoreUnavailable,
  TaskFailed,
  Terminal,
  TimedOut,
  WorkerStopping,
} from "./errors.js";
export type { Handle } from "./docket/handle.js";
export type { AddOptions } from "./docket/new-task.js";
export type { PausedGroup } from "./docket/pause.js";
export type { RecentAsked } from "./docket/recent.js";
export type { StruckTask, Where } from "./docket/strike.js";
export type { Sight } from "./docket/unserved.js";
export type { Log } from "./log.js";
export { exponential, type Jitter } from "./retry/exponential.js";
export { fixed } from "./retry/fixed.js";
export { never, type RetriedErrors, type RetryPolicy } from "./retry/policy.js";
export { isRedisUrl } from "./store/open-store.js";
export type {
  CommandCounts,
  Overview,
  PresentWorker,
  Snapshot,
  StoreHealth,
  TaskOverview,
  WorkerInfo,
} from "./store/sight.js";
export { ENDINGS, type EndedTask, type Ending, type EndPlace, type EndsMeant } from "./store/history.js";
export type { KeepOptions } from "./store/retention.js";
export type { CancelResult, FoundState, Priority, Refusal, ReplayResult, Standing } from "./store/store.js";
export {
  after,
  LIFECYCLE,
  lifecycleDiagram,
  TASK_EVENTS,
  TASK_STATES,
  type TaskEvent,
  type TaskState,
  type Transition,
} from "./task/lifecycle.js";
export {
  defineTask,
  type BatchContext,
  type BatchItem,
  type BatchTaskOptions,
  type Death,
  type Progress,
  type RunContext,
  type Task,
  type TaskOptions,
} from "./task/task.js";
export type { BatchOptions } from "./task/batch.js";
export type { Rate, RateOptions } from "./task/rate.js";
export type { Trace, TracedAdded, TracedAdding, TracedEnd, TracedRun } from "./trace.js";
export type { Clock } from "./time/clock.js";
export { milliseconds, type Duration } from "./time/duration.js";
export type { Around } from "./worker/execution.js";
export type { WorkerOptions } from "./worker/options.js";
export type { Worker } from "./worker/worker.js";
