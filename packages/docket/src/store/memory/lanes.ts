/** Serial order: the first to enter a lane is its head, and stays it until it leaves; the others wait in order. */
export class Lanes {
  readonly #lanes = new Map<string, string[]>();

  /** True when the id may run: it has no serial key, or is the head of its lane. */
  enter(serial: string, id: string): boolean {
    if (serial === "") return true;
    const lane = this.#lanes.get(serial);
    if (lane === undefined) {
      this.#lanes.set(serial, [id]);
      return true;
    }
    if (lane[0] === id) return true;
    lane.push(id);
    return false;
  }

  /** How many there are, its head among them. */
  length(serial: string): number {
    return this.#lanes.get(serial)?.length ?? 0;
  }

  /** Takes the id out of its lane; returns the new head when the head has left. */
  leave(serial: string, id: string): string | undefined {
    const lane = this.#lanes.get(serial);
    const at = lane?.indexOf(id) ?? -1;
    if (lane === undefined || at < 0) return undefined;
    lane.splice(at, 1);
    if (lane.length === 0) this.#lanes.delete(serial);
    return at === 0 ? lane[0] : undefined;
  }
}
