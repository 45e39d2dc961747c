import { marked, type Token, type Tokens } from "marked";

/** All tokens of a markdown text, the nested ones too, in the order written. */
export function markdownTokens(markdown: string): Token[] {
  const tokens: Token[] = [];
  // What it returns are the callback's own promises, and this one has none.
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    tokens.push(token);
  });
  return tokens;
}

/** The blocks of code of a markdown text that stand by themselves: what is behind the fence, word by word, and the code. */
export function codeBlocks(markdown: string): { info: readonly string[]; text: string }[] {
  return marked
    .lexer(markdown)
    .filter(isCode)
    .map(({ lang = "", text }) => ({ info: lang.split(" "), text }));
}

function isCode(token: Token): token is Tokens.Code {
  return token.type === "code";
}
