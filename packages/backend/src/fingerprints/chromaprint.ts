import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type {} from "./webassembly.d.ts";

/** What Chromaprint is fed: one channel of 16-bit samples, this many a second. It would resample anything else itself. */
export const SAMPLE_RATE = 11_025;
/** Samples from one item of a fingerprint to the next: a third of a frame of 4,096. */
const STEP = 4_096 / 3;
export const ITEMS_PER_SECOND = SAMPLE_RATE / STEP;
/** Names how fingerprints are made: those of another kind can't be compared with ours. */
export const FINGERPRINT_KIND = "chromaprint-1";

/** Samples that are fed at a time. */
const PORTION = 16_384;
const ALGORITHM = 1;
const PAGE = 65_536;

/** Chromaprint, compiled: makes any number of fingerprints, each in a memory of its own. */
export class Chromaprint {
  readonly #module: WebAssembly.Module;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  static async load(): Promise<Chromaprint> {
    // The package's own JavaScript runs in browsers only; the WebAssembly beside it runs anywhere.
    const path = createRequire(import.meta.url).resolve("@unimusic/chromaprint/dist/chromaprint.wasm");
    return new Chromaprint(await WebAssembly.compile(await readFile(path)));
  }

  begin(): FingerprintInTheMaking {
    return new FingerprintInTheMaking(this.#module);
  }
}

/** One fingerprint: fed with samples, finished once. */
export class FingerprintInTheMaking {
  readonly #call: (name: string, ...args: number[]) => number;
  readonly #memory: WebAssembly.Memory;
  readonly #context: number;
  readonly #portion: number;

  constructor(module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(
      module,
      surroundings(() => this.#memory),
    );
    const { memory } = exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new TypeError("Chromaprint exports no memory");
    this.#memory = memory;
    this.#call = (name, ...args) => {
      const called = exports[name];
      if (typeof called !== "function") throw new TypeError(`Chromaprint exports no ${name}`);
      const result: unknown = Reflect.apply(called, undefined, args);
      return typeof result === "number" ? result : 0;
    };
    this.#call("emscripten_stack_init");
    this.#call("__wasm_call_ctors");
    this.#context = this.#call("chromaprint_new", ALGORITHM);
    this.#portion = this.#call("malloc", PORTION * 2);
    this.#demand("chromaprint_start", this.#context, SAMPLE_RATE, 1);
  }

  feed(samples: Int16Array): void {
    for (let start = 0; start < samples.length; start += PORTION) {
      const part = samples.subarray(start, start + PORTION);
      // A view made anew each time: growing the memory takes the old one away.
      new Int16Array(this.#memory.buffer, this.#portion, part.length).set(part);
      this.#demand("chromaprint_feed", this.#context, this.#portion, part.length);
    }
  }

  /** @returns the items; none when there was too little to hear */
  finish(): Uint32Array<ArrayBuffer> {
    this.#demand("chromaprint_finish", this.#context);
    const length = this.#call("malloc", 4);
    const start = this.#call("malloc", 4);
    this.#demand("chromaprint_get_raw_fingerprint_size", this.#context, length);
    if (this.#read(length) === 0) return new Uint32Array();
    this.#demand("chromaprint_get_raw_fingerprint", this.#context, start, length);
    return new Uint32Array(this.#memory.buffer, this.#read(start), this.#read(length)).slice();
  }

  #read(pointer: number): number {
    return new DataView(this.#memory.buffer).getUint32(pointer, true);
  }

  #demand(name: string, ...args: number[]): void {
    if (this.#call(name, ...args) !== 1) throw new Error(`${name} failed`);
  }
}

/** What the compiled program asks of its surroundings: memory, and otherwise nothing that matters for a fingerprint. */
function surroundings(memory: () => WebAssembly.Memory): WebAssembly.Imports {
  const broken = (what: string) => (): never => {
    throw new Error(`Chromaprint broke off: ${what}`);
  };
  const nothing = () => 0;
  return {
    env: {
      emscripten_resize_heap(size: number) {
        const missing = (size >>> 0) - memory().buffer.byteLength;
        memory().grow(Math.ceil(missing / PAGE));
        return 1;
      },
      emscripten_get_now: nothing,
      emscripten_date_now: nothing,
      emscripten_err: nothing,
      _abort_js: broken("it aborted"),
      __cxa_throw: broken("it threw"),
      _setitimer_js: nothing,
      _emscripten_runtime_keepalive_clear: nothing,
    },
    wasi_snapshot_preview1: {
      fd_write: nothing,
      fd_close: nothing,
      fd_seek: nothing,
      random_get: nothing,
      environ_sizes_get: nothing,
      environ_get: nothing,
      proc_exit: broken("it ended"),
    },
  };
}
