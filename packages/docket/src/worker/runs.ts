/**
 * What runs, by the task's id.
 *
 * Not a `Map` of runs: one that is filled and emptied all the time is copied again and again, and V8 links each old copy
 * to the next. A copy that grew old would keep all that ran since alive until the next full collection.
 */
export class Runs<Run> {
  readonly #places = new Map<string, number>();
  readonly #runs: (Run | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.size;
  }

  get(id: string): Run | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#runs[place];
  }

  set(id: string, run: Run): void {
    const place = this.#places.get(id) ?? this.#free.pop() ?? this.#runs.length;
    this.#places.set(id, place);
    this.#runs[place] = run;
  }

  delete(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    this.#runs[place] = undefined;
    this.#free.push(place);
  }

  all(): Run[] {
    return this.#runs.filter((run) => run !== undefined);
  }
}
