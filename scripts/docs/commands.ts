import { markdownTokens } from "./markdown.ts";

const command = /\bnpm (?:run (?:-s |--silent )?([\w:.-]+)|(test|start)\b)([^&|;\n]*)/g;
const workspaceOption = /(?:-w|--workspace)[ =](\S+)/;

/** Names of npm scripts by workspace name; "" stands for the root. */
export type Scripts = ReadonlyMap<string, ReadonlySet<string>>;

/** Commands in a document's code that name an npm script which isn't there. */
export function commandFaults(markdown: string, scripts: Scripts): string[] {
  return code(markdown).flatMap((text) =>
    [...text.matchAll(command)].flatMap(([, run, short, rest = ""]) => {
      const script = run ?? short ?? "";
      const workspace = workspaceOption.exec(rest)?.[1] ?? "";
      if (scripts.get(workspace)?.has(script)) return [];
      const where = workspace === "" ? "the root package.json" : workspace;
      return [`names \`npm run ${script}\`, but ${where} has no such script`];
    }),
  );
}

function code(markdown: string): string[] {
  return markdownTokens(markdown).flatMap((token) =>
    (token.type === "code" || token.type === "codespan") && "text" in token ? [String(token.text)] : [],
  );
}
