/**
 * What the main thread tells the watchdog's thread, in memory that both see: a thread that is blocked can't answer, so all of
 * it has to be there before. One side writes each field, the other reads it.
 */
export interface TableParts {
  readonly memory: SharedArrayBuffer;
  readonly slots: number;
}

/** A run as the watchdog sees it. Times are of `monotonic`. */
export interface Watched {
  readonly slot: number;
  readonly turn: number;
  readonly id: string;
  readonly delivery: number;
  /** Place of its task's name in the list that both sides have; -1: none. */
  readonly task: number;
  /** Until when it may block. */
  readonly deadline: bigint;
}

/** Ids that the engine makes are 19 characters long; what is longer is a stranger's, and not watched. */
const ID_BYTES = 64;

// 32-bit words before the slots.
const STATE = 0;
/** One more than the slot whose handler the main thread has entered and not left. */
const ENTERED = 1;
const LOST_ANY = 2;
const HEAD_INTS = 4;
/** 64-bit words before the slots. */
const HEAD_TIMES = 1;

// The words of a slot.
const DELIVERY = 0;
const TASK = 1;
const ID_LENGTH = 2;
/** Counts the runs that had the slot, so that what is said late of one isn't taken for the next. */
const TURN = 3;
/** The turn whose lease was found lost. */
const LOST = 4;
const SLOT_INTS = 5;
const DEADLINE = 0;
const LEASED_UNTIL = 1;
const SLOT_TIMES = 2;

const NO_THREAD = 0;
const AWAKE = 1;
const ASLEEP = 2;

/** Milliseconds of a clock that all threads share and nobody sets. */
export function monotonic(): bigint {
  return process.hrtime.bigint() / 1_000_000n;
}

/** The shared memory of a watchdog: one slot per run, free where its delivery is 0. */
export class Table {
  readonly parts: TableParts;
  readonly #ints: Int32Array;
  readonly #times: BigInt64Array;
  readonly #ids: Uint8Array;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  constructor(parts: TableParts) {
    this.parts = parts;
    const { memory, slots } = parts;
    const times = HEAD_TIMES + slots * SLOT_TIMES;
    const ints = HEAD_INTS + slots * SLOT_INTS;
    this.#times = new BigInt64Array(memory, 0, times);
    this.#ints = new Int32Array(memory, times * 8, ints);
    this.#ids = new Uint8Array(memory, times * 8 + ints * 4, slots * ID_BYTES);
  }

  static of(slots: number): Table {
    const bytes =
      (HEAD_TIMES + slots * SLOT_TIMES) * 8 + (HEAD_INTS + slots * SLOT_INTS) * 4 + slots * ID_BYTES;
    return new Table({ memory: new SharedArrayBuffer(bytes), slots });
  }

  // The main thread's side.

  /** The main thread is alive. */
  beat(): void {
    Atomics.store(this.#times, 0, monotonic());
  }

  /** False when the id is too long. The delivery is written last: with it the slot is taken. */
  put(
    slot: number,
    run: { id: string; delivery: number; task: number; deadline: bigint; leasedUntil: bigint },
  ): boolean {
    const { read, written } = this.#encoder.encodeInto(
      run.id,
      this.#ids.subarray(slot * ID_BYTES, (slot + 1) * ID_BYTES),
    );
    if (read < run.id.length) return false;
    const [ints, times] = [this.#intsOf(slot), this.#timesOf(slot)];
    Atomics.store(this.#ints, ints + TASK, run.task);
    Atomics.store(this.#ints, ints + ID_LENGTH, written);
    Atomics.add(this.#ints, ints + TURN, 1);
    Atomics.store(this.#times, times + DEADLINE, run.deadline);
    Atomics.store(this.#times, times + LEASED_UNTIL, run.leasedUntil);
    Atomics.store(this.#ints, ints + DELIVERY, run.delivery);
    return true;
  }

  free(slot: number): void {
    Atomics.store(this.#ints, this.#intsOf(slot) + DELIVERY, 0);
  }

  /** Marks the handler that the main thread is in; undefined: it has left it. */
  enter(slot: number | undefined): void {
    Atomics.store(this.#ints, ENTERED, slot === undefined ? 0 : slot + 1);
  }

  /** Has the thread look; false when there is none (any more). */
  wake(): boolean {
    const was = Atomics.exchange(this.#ints, STATE, AWAKE);
    if (was === ASLEEP) Atomics.notify(this.#ints, STATE);
    return was !== NO_THREAD;
  }

  /** Whether some lease was found lost since this was last asked. */
  takeLost(): boolean {
    return Atomics.exchange(this.#ints, LOST_ANY, 0) === 1;
  }

  isLost(slot: number): boolean {
    const ints = this.#intsOf(slot);
    return Atomics.load(this.#ints, ints + LOST) === Atomics.load(this.#ints, ints + TURN);
  }

  leasedUntil(slot: number): bigint {
    return Atomics.load(this.#times, this.#timesOf(slot) + LEASED_UNTIL);
  }

  // The watchdog's side.

  get lastBeat(): bigint {
    return Atomics.load(this.#times, 0);
  }

  watched(): Watched[] {
    const all: Watched[] = [];
    for (let slot = 0; slot < this.parts.slots; slot += 1) {
      const ints = this.#intsOf(slot);
      const delivery = Atomics.load(this.#ints, ints + DELIVERY);
      if (delivery === 0) continue;
      const turn = Atomics.load(this.#ints, ints + TURN);
      const length = Atomics.load(this.#ints, ints + ID_LENGTH);
      // A copy: what others may change meanwhile isn't decoded.
      const id = this.#decoder.decode(this.#ids.slice(slot * ID_BYTES, slot * ID_BYTES + length));
      const task = Atomics.load(this.#ints, ints + TASK);
      const deadline = Atomics.load(this.#times, this.#timesOf(slot) + DEADLINE);
      all.push({ slot, turn, id, delivery, task, deadline });
    }
    return all;
  }

  /** The slot of the handler that the main thread hasn't left since it entered it. */
  get entered(): number | undefined {
    const entered = Atomics.load(this.#ints, ENTERED);
    return entered === 0 ? undefined : entered - 1;
  }

  renewed({ slot, turn }: Watched, until: bigint): void {
    if (Atomics.load(this.#ints, this.#intsOf(slot) + TURN) !== turn) return;
    Atomics.store(this.#times, this.#timesOf(slot) + LEASED_UNTIL, until);
  }

  lost({ slot, turn }: Watched): void {
    Atomics.store(this.#ints, this.#intsOf(slot) + LOST, turn);
    Atomics.store(this.#ints, LOST_ANY, 1);
  }

  /** Blocks the thread for so long. */
  pause(ms: number): void {
    Atomics.wait(this.#ints, STATE, AWAKE, ms);
  }

  /** Blocks the thread until something runs; false when nothing has for so long, and the thread is to end. */
  sleep(ms: number): boolean {
    Atomics.store(this.#ints, STATE, ASLEEP);
    // Put there before it was asleep, and so without waking it.
    if (this.watched().length > 0) {
      Atomics.store(this.#ints, STATE, AWAKE);
      return true;
    }
    Atomics.wait(this.#ints, STATE, ASLEEP, ms);
    return Atomics.compareExchange(this.#ints, STATE, ASLEEP, NO_THREAD) !== ASLEEP;
  }

  #intsOf(slot: number): number {
    return HEAD_INTS + slot * SLOT_INTS;
  }

  #timesOf(slot: number): number {
    return HEAD_TIMES + slot * SLOT_TIMES;
  }
}
