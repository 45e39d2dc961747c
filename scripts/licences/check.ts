import { execFileSync } from "node:child_process";
import { z } from "zod";
import { licenceFaults, type InstalledPackage } from "./faults.ts";
import { policy } from "./policy.ts";

const report = z.record(z.string(), z.object({ licenses: z.union([z.string(), z.array(z.string())]) }));

function output(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

function installedPackages(): InstalledPackage[] {
  const json: unknown = JSON.parse(
    output("license-checker-rseidelsohn", "--json", "--excludePrivatePackages"),
  );
  return Object.entries(report.parse(json)).map(([id, { licenses }]) => {
    const at = id.lastIndexOf("@");
    const licence = typeof licenses === "string" ? licenses : licenses.join(" OR ");
    return { name: id.slice(0, at), version: id.slice(at + 1), licence };
  });
}

function productionPackages(): Set<string> {
  const workspaces = ["@plyr/docket", "@plyr/backend", "@plyr/web"].flatMap((name) => ["-w", name]);
  const lines = output("npm", "ls", "--all", "--omit=dev", "--parseable", "--long", ...workspaces);
  // path:name@version, or path:alias@npm:name@version, then more that is of no use here
  return new Set(lines.split("\n").flatMap((line) => /^[^:]*:(?:[^:]*@npm:)?([^:]+)/.exec(line)?.[1] ?? []));
}

const installed = installedPackages();
const production = productionPackages();
const faults = licenceFaults(installed, production, policy);
for (const fault of faults) console.error(fault);
console.log(
  `${installed.length} packages, ${production.size} of them in production: ${faults.length} faults`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
