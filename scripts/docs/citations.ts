import { existsSync } from "node:fs";
import { join } from "node:path";
import { testTitles, type TestTitle } from "./test-titles.ts";

// `packages/x/test/y.test.ts` › "group" › "title"
const citation = /`([^`\s]+\.[jt]s)`((?:\s*›\s*"(?:[^"\\]|\\.)*")+)/g;
const citedTitle = /"((?:[^"\\]|\\.)*)"/g;
const testFile = /`([^`\s]*\.test\.[jt]s)`/g;

interface Citation {
  file: string;
  titles: TestTitle;
}

/** The tests that a piece of markdown cites. */
export function citations(markdown: string): Citation[] {
  return [...markdown.matchAll(citation)].map(([, file = "", titles = ""]) => ({
    file,
    titles: [...titles.matchAll(citedTitle)].map(([, title = ""]) => title.replace(/\\(.)/g, "$1")),
  }));
}

/** What is wrong with the tests that a piece of markdown cites; files are looked for below `root`. */
export function citationFaults(markdown: string, root: string): string[] {
  const cited = citations(markdown);
  const untitled = [...markdown.matchAll(testFile)].flatMap(([, file = ""]) =>
    cited.some((one) => one.file === file) ? [] : [`${file} is named without a test: add › "title"`],
  );
  return [...cited.flatMap((one) => missingTest(one, root)), ...untitled];
}

function missingTest({ file, titles }: Citation, root: string): string[] {
  const path = join(root, file);
  if (!existsSync(path)) return [`${file} does not exist`];
  const exists = testTitles(path).some((test) => isWithin(titles, test));
  return exists ? [] : [`${file} has no test ${titles.map((title) => `"${title}"`).join(" › ")}`];
}

/** Whether all cited titles are on the way to the test, in that order. */
function isWithin(cited: TestTitle, test: TestTitle): boolean {
  let next = 0;
  for (const title of test) if (title === cited[next]) next += 1;
  return next === cited.length;
}
