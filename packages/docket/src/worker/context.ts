import type { Log } from "../log.js";
import type { Claim, Stored } from "../store/store.js";
import type { Progress, RunContext } from "../task/task.js";

/** What of a delivery its handler may look at. */
interface Looked {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** What a handler is given of its run. A class, since an object with getters of its own costs more than a short run. */
export class Context<Services> implements RunContext<Services> {
  readonly services: Services;
  readonly task: string;
  readonly id: string;
  readonly key: string | undefined;
  readonly attempt: number;
  readonly delivery: number;
  readonly addedAt: Date;
  readonly log: Log;
  readonly #looked: Looked;

  constructor(
    { id, attempt, delivery }: Claim,
    { name, key, addedAt }: Stored,
    looked: Looked,
    { services, log }: { readonly services: Services; readonly log: Log },
  ) {
    this.services = services;
    this.task = name;
    this.id = id;
    this.key = key === "" ? undefined : key;
    this.attempt = attempt;
    this.delivery = delivery;
    this.addedAt = new Date(addedAt);
    this.log = log;
    this.#looked = looked;
  }

  get signal(): AbortSignal {
    return this.#looked.signal;
  }

  get progress(): Progress {
    return this.#looked.progress;
  }
}
