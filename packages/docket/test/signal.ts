/** Something that one part of a test waits for until another part says that it has come. */
export interface Signal {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

export function signal(): Signal {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return {
    promise: promise.then(() => undefined),
    resolve: () => {
      resolve(null);
    },
  };
}
