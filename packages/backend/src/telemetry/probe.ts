/** What a probe found out. */
export type Finding<T> = { answered: true; answer: T } | { answered: false; reason: string };

const LIMIT_MS = 300;
const FRESH_MS = 1_000;

/**
 * Asks something that may hang, for people in a hurry: gives up after 300 ms, remembers the finding for a second, and never
 * asks again while an earlier question is still open.
 */
export class Probe<T> {
  readonly #question: () => Promise<T>;
  #open: Promise<Finding<T>> | undefined;
  #last: { finding: Finding<T>; at: number } | undefined;

  constructor(question: () => Promise<T>) {
    this.#question = question;
  }

  async ask(): Promise<Finding<T>> {
    if (this.#last && performance.now() - this.#last.at < FRESH_MS) return this.#last.finding;
    this.#open ??= this.#pose();
    const late = Promise.withResolvers<Finding<T>>();
    const timer = setTimeout(() => {
      late.resolve({ answered: false, reason: `no answer within ${String(LIMIT_MS)} ms` });
    }, LIMIT_MS);
    try {
      return await Promise.race([this.#open, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #pose(): Promise<Finding<T>> {
    const finding = await this.#question().then(
      (answer): Finding<T> => ({ answered: true, answer }),
      (error: unknown): Finding<T> => ({ answered: false, reason: String(error) }),
    );
    this.#last = { finding, at: performance.now() };
    this.#open = undefined;
    return finding;
  }
}
