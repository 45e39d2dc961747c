/** With how many others a task runs, and with which. */
export interface Batching {
  readonly most: number;
  /** How long the first waits for the others. */
  readonly withinMs: number;
  /** The task's name. */
  readonly task: string;
  /** What those of one batch share. */
  readonly of: string;
}

/** A worker that was given the first of a batch asks for the others. */
export interface GatherRequest {
  readonly worker: string;
  /** One of the numbers of its calls to `settle`: what it claimed without an answer goes back as theirs does. */
  readonly call: number;
  readonly leader: { readonly id: string; readonly delivery: number };
  /** How many others at most. */
  readonly most: number;
  readonly leaseMs: number;
}
