import type { SerializedError } from "vitest";
import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a test run with `N passed, N failed` alone on a line, for whoever reads the run by program.
 * What failed outside a test (a file that didn't load, a hook, a stray rejection) counts as failed too.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const errors = modules.flatMap((module) => [
      ...module.errors(),
      ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
    ]);
    const failed = count("failed") + errors.length + strayErrors.length;
    const skipped = count("skipped");
    const line = `${String(count("passed"))} passed, ${String(failed)} failed`;
    console.log(skipped === 0 ? line : `${line}, ${String(skipped)} skipped`);
  }
}
