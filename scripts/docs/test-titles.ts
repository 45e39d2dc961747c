import { readFileSync } from "node:fs";
import ts from "typescript";

/** A test's titles, outermost group first, its own last. */
export type TestTitle = readonly string[];

const groups = new Set(["describe", "suite"]);
const cases = new Set(["it", "test"]);

/**
 * The titles of all tests written in a file. A title made with `${…}` is given as it is written.
 * @throws when the file can't be read
 */
export function testTitles(file: string): TestTitle[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  const found: TestTitle[] = [];

  function visit(node: ts.Node, outer: TestTitle): void {
    const title = ts.isCallExpression(node) ? titleOf(node, source) : undefined;
    if (title?.kind === "case") found.push([...outer, title.text]);
    const inner = title?.kind === "group" ? [...outer, title.text] : outer;
    ts.forEachChild(node, (child) => visit(child, inner));
  }

  visit(source, []);
  return found;
}

function titleOf(call: ts.CallExpression, source: ts.SourceFile) {
  const [first] = call.arguments;
  if (first === undefined || !isText(first)) return undefined;
  const names = calleeNames(call.expression);
  const text = ts.isTemplateExpression(first) ? first.getText(source).slice(1, -1) : first.text;
  if (names.some((name) => cases.has(name))) return { kind: "case", text } as const;
  if (names.some((name) => groups.has(name))) return { kind: "group", text } as const;
  return undefined;
}

function isText(node: ts.Node): node is ts.StringLiteralLike | ts.TemplateExpression {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

/** `it.concurrent.each(rows)` → it, concurrent, each */
function calleeNames(node: ts.Expression): string[] {
  if (ts.isIdentifier(node)) return [node.text];
  if (ts.isPropertyAccessExpression(node)) return [...calleeNames(node.expression), node.name.text];
  if (ts.isCallExpression(node)) return calleeNames(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return calleeNames(node.tag);
  return [];
}
