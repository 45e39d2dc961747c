import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { projectFiles } from "../project-files.ts";
import { incidentFaults, invariantFaults, invariantNumbers, pageFaults } from "./claims.ts";
import { commandFaults, type Scripts } from "./commands.ts";
import { linkFaults } from "./links.ts";
import { knownCommands, shellFaults } from "./shell.ts";
import { snippetFaults } from "./snippets.ts";

/** A test carries out what these say, command by command. */
const WORKED_THROUGH: readonly string[] = ["docs/tutorial.md"];

const COMMANDS = "docs/commands.md";

const packageJson = z.object({ name: z.string(), scripts: z.record(z.string(), z.string()).default({}) });

/** All faults of the project's documents, each with the document's path. */
export function docsFaults(root: string): string[] {
  const files = projectFiles(root);
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const scripts = scriptsOf(files, read);
  const missing = ["README.md", "ARCHITECTURE.md", "docs/the-page.md"].filter(
    (file) => !files.includes(file),
  );

  const architecture = missing.includes("ARCHITECTURE.md") ? "" : read("ARCHITECTURE.md");
  const known = knownCommands(files.includes(COMMANDS) ? read(COMMANDS) : "", root);
  return [
    ...known.faults.map((fault) => `${COMMANDS}: ${fault}`),
    ...missing.map((file) => `${file}: is missing`),
    ...files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) => {
        const text = read(file);
        const faults = [
          ...linkFaults(file, text, files),
          ...commandFaults(text, scripts),
          ...snippetFaults(
            text,
            (source) => (files.includes(source) ? read(source) : undefined),
            WORKED_THROUGH.includes(file),
          ),
        ];
        if (!WORKED_THROUGH.includes(file)) faults.push(...shellFaults(text, known.commands));
        if (file === "ARCHITECTURE.md") faults.push(...invariantFaults(text, root));
        if (file === "docs/the-page.md")
          faults.push(...pageFaults(text, root, invariantNumbers(architecture)));
        if (file === "docs/incidents.md") faults.push(...incidentFaults(text, root));
        return faults.map((fault) => `${file}: ${fault}`);
      }),
  ];
}

function scriptsOf(files: readonly string[], read: (file: string) => string): Scripts {
  return new Map(
    files
      .filter((file) => /^(packages\/[^/]+\/)?package\.json$/.test(file))
      .map((file) => {
        const { name, scripts } = packageJson.parse(JSON.parse(read(file)));
        return [file === "package.json" ? "" : name, new Set(Object.keys(scripts))];
      }),
  );
}

if (import.meta.main) {
  const faults = docsFaults(process.cwd());
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
