import { readFileSync } from "node:fs";
import { variables } from "../../packages/backend/dist/settings/variables.js";
import { composeFaults, composeVariables } from "./compose.ts";
import { dockerfileFaults, parseImage } from "./dockerfile.ts";
import { flyFaults, parseFly } from "./fly.ts";
import { settingFaults } from "./named-settings.ts";

const read = (path: string): string => readFileSync(path, "utf8");
const compose = read("compose.yaml");
const fly = read("fly.toml");
const dockerfile = read("Dockerfile");

const ofFiles = [
  ...composeFaults(compose),
  ...flyFaults(fly),
  ...dockerfileFaults(dockerfile, ["api", "service"]),
];
const faults =
  ofFiles.length > 0
    ? ofFiles
    : settingFaults(
        {
          "compose.yaml": composeVariables(compose),
          "fly.toml": new Set(Object.keys(parseFly(fly).env)),
          Dockerfile: new Set(Object.keys(parseImage(dockerfile, "service").env)),
        },
        new Set(Object.keys(variables)),
      );
for (const fault of faults) console.error(fault);
console.log(`compose.yaml, fly.toml, Dockerfile: ${String(faults.length)} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
