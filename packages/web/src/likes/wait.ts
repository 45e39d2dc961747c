/** Resolves after `ms` milliseconds, or as soon as `signal` is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const waitOnClock: Wait = (ms, signal) =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, signal.aborted ? 0 : ms);
    signal.addEventListener("abort", done);
  });
