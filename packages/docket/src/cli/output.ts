import type { Writable } from "node:stream";
import Table from "cli-table3";

/** A cell of a table: what it says, to be read by people. */
export type Cell = string | number | undefined;

/** What a command prints: words and tables for people, or JSON for programs, one value a line; never both. */
export class Output {
  readonly #out: Pick<Writable, "write">;
  readonly #err: Pick<Writable, "write">;
  readonly #screen: boolean;
  /** Whether a program reads. */
  readonly json: boolean;

  constructor(out: Pick<Writable, "write">, err: Pick<Writable, "write">, json: boolean) {
    this.#out = out;
    this.#err = err;
    this.#screen = "isTTY" in out && out.isTTY === true;
    this.json = json;
  }

  /** For people; programs don't get it. */
  say(text: string): void {
    if (!this.json) this.#out.write(`${printable(text)}\n`);
  }

  /** For whoever typed the command, beside what it prints. */
  note(text: string): void {
    this.#err.write(`${printable(text)}\n`);
  }

  /** For people; without rows, nothing. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): void {
    if (this.json || rows.length === 0) return;
    const table = new Table({ head: [...head], chars: WITHOUT_LINES, style: PLAIN });
    for (const row of rows)
      table.push(row.map((cell) => (cell === undefined ? "–" : printable(String(cell)))));
    this.#out.write(`${table.toString().replaceAll(/ +$/gm, "")}\n`);
  }

  /** For programs; people don't get it. */
  value(value: unknown): void {
    if (this.json) this.#out.write(`${JSON.stringify(value)}\n`);
  }

  /** Begins a new page, where a person looks at a screen; elsewhere an empty line parts what follows. */
  page(): void {
    if (!this.json) this.#out.write(this.#screen ? "\u001b[2J\u001b[H" : "\n");
  }
}

const WITHOUT_LINES = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};
const PLAIN = { "padding-left": 0, "padding-right": 0, head: [], border: [] };

/** Keys, payloads and reasons come from outside: nothing in them may steer the terminal that they are read at. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
}
