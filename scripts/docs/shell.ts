import { marked, type Token, type Tokens } from "marked";
import { citationFaults, citations } from "./citations.ts";
import { codeBlocks } from "./markdown.ts";

/** Why a command can't be run by a test. */
const notRun = /\bnot run: \S+/;

/** The lines for a shell in a document's blocks of them, without comments; a line that goes on ("\") is one with the next. */
export function shellLines(markdown: string): string[] {
  return codeBlocks(markdown)
    .filter(({ info: [language] }) => language === "sh")
    .flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, "").split("\n"))
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** What docs/commands.md knows, and what is wrong with it: each command is run by a test, or can't be for a reason. */
export function knownCommands(markdown: string, root: string): { commands: Set<string>; faults: string[] } {
  const rows = marked
    .lexer(markdown)
    .filter((token: Token): token is Tokens.Table => token.type === "table")
    .flatMap((table) => table.rows);
  const commands = new Set<string>();
  const faults = rows.flatMap(([command, shown]) => {
    const name = unquoted(command?.text ?? "");
    commands.add(name);
    const says = shown?.text ?? "";
    if (citations(says).length === 0 && !notRun.test(says))
      return [`\`${name}\` names no test, and not why there is none ("not run: …")`];
    return citationFaults(says, root).map((fault) => `\`${name}\`: ${fault}`);
  });
  return { commands, faults };
}

/** Commands of a document that docs/commands.md doesn't know. */
export function shellFaults(markdown: string, known: ReadonlySet<string>): string[] {
  return shellLines(markdown)
    .filter((line) => !known.has(line))
    .map((line) => `\`${line}\` is not among docs/commands.md: name the test that runs it, or why none does`);
}

/** A cell's code; "\|" is how a table writes "|". */
function unquoted(cell: string): string {
  return cell.replace(/^(`+) ?(.*?) ?\1$/, "$2").replaceAll("\\|", "|");
}
