/** Resolves after `ms` milliseconds, or as soon as `signal` is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const waitOnClock: Wait = (ms, signal) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) {
    resolve();
    return promise;
  }
  const done = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  signal.addEventListener("abort", done);
  return promise;
};
