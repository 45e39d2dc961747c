export { expectNoLeaks, expectNoTraceOfWorkers, type Place } from "./leaks.js";
export type { AddedTask } from "./ledger.js";
export { ManualClock } from "./manual-clock.js";
export { Outage } from "./outage.js";
export { testDocket, TestDocket, type RunOptions, type TestDocketOptions } from "./test-docket.js";
