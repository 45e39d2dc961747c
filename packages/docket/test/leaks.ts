import * as leaks from "../src/testing/leaks.js";

export { sweep } from "../src/testing/leaks.js";

/** Call when all workers of a docket have stopped in order: nothing of them may be left. */
export function expectNoTraceOfWorkers(url: string, name: string): Promise<void> {
  return leaks.expectNoTraceOfWorkers({ url, name });
}

/** Finishes all that lives in a docket, throws its dead letters away, and looks that no key of them is left. */
export function expectNoLeaks(url: string, name: string, history = false): Promise<void> {
  return leaks.expectNoLeaks({ url, name, history });
}
