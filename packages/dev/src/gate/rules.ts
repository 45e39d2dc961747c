import type { GateRequest, Match, Passage } from "./passage.js";

/** An answer of the gate's own, in place of the target's. */
export interface Answer {
  /** 200–599. */
  status: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: string | object;
}

export interface HeldRequest {
  request: GateRequest;
  /** Lets it go on to the target. */
  forward(): void;
  /** Cuts the client's connection; the target never hears of it. */
  drop(): void;
}

export interface HeldAnswer {
  request: GateRequest;
  /** What the target answered: it has done what it was asked. */
  status: number;
  /** Lets the answer go on to the client. */
  release(): void;
  /** Cuts the client's connection: done, and the client doesn't know. */
  drop(): void;
}

export interface Rule {
  /** How many requests it has caught. */
  readonly caught: number;
  remove(): void;
}

export interface RuleOptions {
  /** How many requests it catches before it removes itself. Default: all. */
  times?: number;
}

/** What happens before the target is asked. */
export type Before = "forward" | "drop" | Answer;
/** What happens when the target has answered. */
export type After = "release" | "drop";

interface Plan {
  match: Match;
  left: number;
  caught: number;
  before?: (request: GateRequest) => Promise<Before>;
  after?: (request: GateRequest, status: number) => Promise<After>;
}

/** The rules of a gate, newest first: the first one that matches a request decides what becomes of it. */
export class Rules {
  #plans: Plan[] = [];
  readonly #letGo = new Set<() => void>();

  add(
    match: Match,
    { times = Number.POSITIVE_INFINITY }: RuleOptions,
    acts: Pick<Plan, "before" | "after">,
  ): Rule {
    const plan: Plan = { match, left: times, caught: 0, ...acts };
    this.#plans.unshift(plan);
    return {
      get caught() {
        return plan.caught;
      },
      remove: () => {
        this.#plans = this.#plans.filter((other) => other !== plan);
      },
    };
  }

  holdRequest(match: Match): Promise<HeldRequest> {
    return new Promise((resolve) => {
      const before = (request: GateRequest): Promise<Before> =>
        this.#hold<Before>("forward", (decide) => {
          resolve({
            request,
            forward: () => {
              decide("forward");
            },
            drop: () => {
              decide("drop");
            },
          });
        });
      this.add(match, { times: 1 }, { before });
    });
  }

  holdAnswer(match: Match): Promise<HeldAnswer> {
    return new Promise((resolve) => {
      const after = (request: GateRequest, status: number): Promise<After> =>
        this.#hold<After>("release", (decide) => {
          resolve({
            request,
            status,
            release: () => {
              decide("release");
            },
            drop: () => {
              decide("drop");
            },
          });
        });
      this.add(match, { times: 1 }, { after });
    });
  }

  /** The plan for this request, which counts as caught by it. */
  take(request: GateRequest): Plan | undefined {
    const plan = this.#plans.find((candidate) => candidate.match(request));
    if (!plan) return undefined;
    plan.caught += 1;
    plan.left -= 1;
    if (plan.left <= 0) this.#plans = this.#plans.filter((other) => other !== plan);
    return plan;
  }

  /** No rule is left, and what is held goes on. */
  clear(): void {
    this.#plans = [];
    for (const letGo of this.#letGo) letGo();
  }

  #hold<D>(otherwise: D, show: (decide: (decision: D) => void) => void): Promise<D> {
    return new Promise((resolve) => {
      const decide = (decision: D): void => {
        this.#letGo.delete(letGo);
        resolve(decision);
      };
      const letGo = (): void => {
        decide(otherwise);
      };
      this.#letGo.add(letGo);
      show(decide);
    });
  }
}

/** How many of these passages the target answered with this status (any, when unset). */
export function answered(passages: readonly Passage[], match: Match, status?: number): number {
  return passages.filter(
    ({ request, targetStatus }) =>
      match(request) && targetStatus !== null && (status === undefined || targetStatus === status),
  ).length;
}
