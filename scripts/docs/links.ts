import { posix } from "node:path";
import { markdownTokens } from "./markdown.ts";

const elsewhere = /^([a-z][a-z0-9+.-]*:|\/\/|#)/i;
const htmlTarget = /\b(?:src|href)="([^"]+)"/g;

/**
 * Relative links and pictures that lead to nothing in the project.
 * @param file the document's path in the project
 * @param files all of the project's files, so that a link to something built or ignored is a fault
 */
export function linkFaults(file: string, markdown: string, files: readonly string[]): string[] {
  return targets(markdown)
    .filter((target) => !elsewhere.test(target))
    .filter((target) => !leadsSomewhere(file, target, files))
    .map((target) => `links to ${target}, which does not exist`);
}

function targets(markdown: string): string[] {
  return markdownTokens(markdown).flatMap((token) => {
    if ((token.type === "link" || token.type === "image") && "href" in token) return [String(token.href)];
    if (token.type === "html") return [...token.raw.matchAll(htmlTarget)].map(([, target = ""]) => target);
    return [];
  });
}

function leadsSomewhere(file: string, target: string, files: readonly string[]): boolean {
  const path = decodeURI(target.replace(/[#?].*$/, ""));
  const from = path.startsWith("/") ? "" : posix.dirname(file);
  const resolved = posix.join(from, path).replace(/^\/|\/$/g, "");
  return resolved === "." || files.some((one) => one === resolved || one.startsWith(`${resolved}/`));
}
