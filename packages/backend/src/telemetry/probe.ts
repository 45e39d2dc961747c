/** What a probe found out. */
export type Finding<T> = { answered: true; answer: T } | { answered: false; reason: string };

const LIMIT_MS = 300;
const FRESH_MS = 1_000;

/**
 * Asks something that may hang, for people in a hurry: gives up after 300 ms, remembers the finding for a while, and never
 * asks again while an earlier question is still open.
 */
export class Probe<T> {
  readonly #question: () => Promise<T>;
  readonly #freshMs: (finding: Finding<T>) => number;
  #open: Promise<Finding<T>> | undefined;
  #last: { finding: Finding<T>; at: number } | undefined;

  /** @param freshMs how long a finding is good, in ms; default 1 s */
  constructor(question: () => Promise<T>, freshMs: (finding: Finding<T>) => number = () => FRESH_MS) {
    this.#question = question;
    this.#freshMs = freshMs;
  }

  async ask(): Promise<Finding<T>> {
    const last = this.#last;
    if (last && performance.now() - last.at < this.#freshMs(last.finding)) return last.finding;
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
