import type { Token, Tokens } from "marked";
import { citationFaults, citations } from "./citations.ts";
import { markdownTokens } from "./markdown.ts";

const invariantNumber = /^\s*\*\*I(\d+)\*\*/;
const invariantMention = /\bI(\d+)\b/g;
const quoted = /`[^`]*`|"(?:[^"\\]|\\.)*"/g;

/** Rows of tables and items of lists: what a document claims, one string of markdown each. */
interface Claims {
  rows: string[];
  items: string[];
}

/**
 * Checks ARCHITECTURE.md: the invariants `**I1** …` ascend (a retired number is not given again), and each cites a test that exists.
 * @returns one sentence per fault
 */
export function invariantFaults(markdown: string, root: string): string[] {
  const { rows, items } = claimsOf(markdown);
  const invariants = [...rows, ...items].flatMap((text) => {
    const number = invariantNumber.exec(text)?.[1];
    return number === undefined ? [] : [{ number: Number(number), text }];
  });
  if (invariants.length === 0)
    return ["no invariant found: write each as a row or item that begins with **I1**"];
  return [
    ...invariants.flatMap(({ number }, index) => {
      const before = invariants[index - 1]?.number ?? 0;
      return number > before ? [] : [`I${number} stands after I${before}`];
    }),
    ...invariants.flatMap(({ number, text }) => {
      if (citations(text).length === 0) return [`I${number} names no test`];
      return citationFaults(text, root).map((fault) => `I${number}: ${fault}`);
    }),
  ];
}

/** The numbers of the invariants in ARCHITECTURE.md. */
export function invariantNumbers(markdown: string): Set<number> {
  const { rows, items } = claimsOf(markdown);
  return new Set([...rows, ...items].flatMap((text) => Number(invariantNumber.exec(text)?.[1] ?? [])));
}

/**
 * Checks docs/the-page.md: each row of its tables cites a test that exists, or an invariant (`I3`).
 * @returns one sentence per fault
 */
export function pageFaults(markdown: string, root: string, invariants: ReadonlySet<number>): string[] {
  const { rows } = claimsOf(markdown);
  if (rows.length === 0) return ["no table row found"];
  return rows.flatMap((row) => {
    const name = `row "${row.slice(0, 60)}…"`;
    const mentioned = [...row.replace(quoted, "").matchAll(invariantMention)].map(([, number]) =>
      Number(number),
    );
    if (citations(row).length === 0 && mentioned.length === 0) {
      return [`${name} names no test`];
    }
    return [
      ...citationFaults(row, root).map((fault) => `${name}: ${fault}`),
      ...mentioned.filter((n) => !invariants.has(n)).map((n) => `${name}: there is no invariant I${n}`),
    ];
  });
}

/**
 * Checks docs/incidents.md: its rows are numbered from 1 without gaps, and each cites a test that exists and that is named
 * after the row, as in "… (incident 7)".
 * @returns one sentence per fault
 */
export function incidentFaults(markdown: string, root: string): string[] {
  return claimsOf(markdown).rows.flatMap((row, at) => {
    const number = String(at + 1);
    if (!row.startsWith(`${number} |`)) return [`row "${row.slice(0, 40)}…" stands where ${number} is due`];
    const named = citations(row).some(({ titles }) =>
      titles.some((title) => title.includes(`(incident ${number})`)),
    );
    return [
      ...(named ? [] : [`no test that is cited for ${number} has "(incident ${number})" in its title`]),
      ...citationFaults(row, root).map((fault) => `${number}: ${fault}`),
    ];
  });
}

function claimsOf(markdown: string): Claims {
  const tokens = markdownTokens(markdown);
  return {
    rows: tokens.filter(isTable).flatMap(({ rows }) => rows.map(textOfRow)),
    items: tokens.filter(isItem).map(({ text }) => text),
  };
}

function textOfRow(cells: readonly Tokens.TableCell[]): string {
  return cells.map((cell) => cell.text).join(" | ");
}

function isTable(token: Token): token is Tokens.Table {
  return token.type === "table";
}

function isItem(token: Token): token is Tokens.ListItem {
  return token.type === "list_item";
}
