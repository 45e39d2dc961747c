import { marked, type Token } from "marked";

/** All tokens of a markdown text, the nested ones too, in the order written. */
export function markdownTokens(markdown: string): Token[] {
  const tokens: Token[] = [];
  // What it returns are the callback's own promises, and this one has none.
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    tokens.push(token);
  });
  return tokens;
}
