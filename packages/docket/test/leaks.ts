import { expect } from "vitest";
import { keysOf, leftovers } from "./leftovers.js";

/** What there is of a worker only while it is there. */
const OF_WORKERS = /^(workers|infos|sleepers|slots|seen|assigned|skills:.*|inbox:.*)$/;

/** Call when all workers of a docket have stopped in order: nothing of them may be left. */
export async function expectNoTraceOfWorkers(url: string, name: string): Promise<void> {
  const left = (await keysOf(url, name)).filter((key) => OF_WORKERS.test(key));
  expect(left, "keys of workers that are gone").toEqual([]);
}

/** Finishes all that lives in a docket, throws its dead letters away, and looks that no key of them is left. */
export async function expectNoLeaks(url: string, name: string): Promise<void> {
  expect(await leftovers(url, name), "keys of tasks that are gone").toEqual([]);
}
