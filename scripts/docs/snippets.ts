import { codeBlocks } from "./markdown.ts";

/** Languages whose code is run: whoever reads it relies on it. */
const RUN = new Set(["ts", "js", "diff"]);

/**
 * Code in a document that no test runs. Behind its fence a block says where it is from (`from FILE`: these lines stand there in
 * this order, "…" for what is left out), or, in a document that a test works through as it is written, which file it makes.
 *
 * @param read the text of one of the project's files; undefined when there is none
 * @param workedThrough whether a test works through this document
 */
export function snippetFaults(
  markdown: string,
  read: (file: string) => string | undefined,
  workedThrough: boolean,
): string[] {
  return codeBlocks(markdown).flatMap(({ info: [language = "", how, source], text: code }) => {
    if (!RUN.has(language) || (workedThrough && how !== undefined)) return [];
    const begins = `the code that begins "${code.split("\n")[0] ?? ""}"`;
    if (how !== "from" || source === undefined) return [`${begins} says not where it is from`];
    const there = read(source);
    if (there === undefined) return [`${begins} is from ${source}, which does not exist`];
    return stands(code, there) ? [] : [`${begins} does not stand like that in ${source}`];
  });
}

/** Whether these lines stand there, however far they are indented. */
function stands(code: string, text: string): boolean {
  let rest = plain(text);
  for (const part of code.split(/^\s*…\s*$/m).map(plain)) {
    const at = rest.indexOf(part);
    if (at < 0) return false;
    rest = rest.slice(at + part.length - 1);
  }
  return true;
}

function plain(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return `\n${lines.filter((line) => line !== "").join("\n")}\n`;
}
