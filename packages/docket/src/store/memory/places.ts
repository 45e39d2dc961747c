/** Who has a place of those that a limit gives out, by its gate. */
export class Places<Holder> {
  readonly #taken = new Map<string, Holder[]>();

  /** False when all are taken by others. */
  take(gate: string, holder: Holder, most: number): boolean {
    const taken = this.taken(gate);
    if (taken.includes(holder)) return true;
    if (taken.length >= most) return false;
    this.#taken.set(gate, [...taken, holder]);
    return true;
  }

  give(gate: string, holder: Holder): void {
    const left = this.taken(gate).filter((other) => other !== holder);
    if (left.length === 0) this.#taken.delete(gate);
    else this.#taken.set(gate, left);
  }

  /** Keeps its place, before all others. */
  keep(gate: string, holder: Holder): void {
    this.give(gate, holder);
    this.#taken.set(gate, [holder, ...this.taken(gate)]);
  }

  taken(gate: string): readonly Holder[] {
    return this.#taken.get(gate) ?? [];
  }
}
