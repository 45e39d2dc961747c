import type { Writable } from "node:stream";
import { styleText } from "node:util";
import Table from "cli-table3";

/** A cell of a table: what it says, to be read by people. */
export type Cell = string | number | null;

/** What a command prints: words and tables for people, or JSON for programs; never both. */
export class Output {
  readonly #to: Pick<Writable, "write">;
  /** Whether a program reads. */
  readonly json: boolean;

  readonly #colours: boolean;

  constructor(to: Pick<Writable, "write">, json: boolean) {
    this.#to = to;
    this.#colours = "isTTY" in to && to.isTTY === true;
    this.json = json;
  }

  /** For people; programs don't get it. */
  say(text: string): void {
    if (!this.json) this.#to.write(`${printable(text)}\n`);
  }

  /** The same for both: a file's content, line breaks and all. */
  text(content: string): void {
    this.#to.write(content);
  }

  /** For people, in red where there are colours: something is wrong. Programs don't get it. */
  alarm(text: string): void {
    if (!this.json)
      this.#to.write(`${this.#colours ? styleText("red", printable(text)) : printable(text)}\n`);
  }

  /** Begins a new page, where a person looks at a screen. */
  clear(): void {
    if (!this.json && this.#colours) this.#to.write("\u001b[2J\u001b[H");
  }

  /** For people; programs don't get it. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): void {
    if (this.json || rows.length === 0) return;
    const table = new Table({ head: [...head], chars: WITHOUT_LINES, style: PLAIN });
    for (const row of rows) table.push(row.map((cell) => (cell === null ? "–" : printable(String(cell)))));
    this.#to.write(`${table.toString()}\n`);
  }

  /** For programs, one value a line; people don't get it. */
  value(value: unknown): void {
    if (this.json) this.#to.write(`${JSON.stringify(value)}\n`);
  }
}

const WITHOUT_LINES = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};
const PLAIN = { "padding-left": 0, "padding-right": 0, head: [], border: [] };

/** Titles, handles and reasons come from outside: nothing in them may steer the operator's terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
}
