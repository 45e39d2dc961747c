/** Lets one part wait until what others change has come to a state. */
export class Condition {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** @throws when `holds` is still false after `ms` */
  until(what: string, ms: number, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`waited ${String(ms)} ms in vain until: ${what}`));
      }, ms);
      this.#waiting.add(look);
      look();
    });
  }
}
