#!/usr/bin/env node
// Holds Dockerfile, compose.yaml and fly.toml to their schemas, and what they name to the settings. `npm run deployment`
import { readFileSync } from "node:fs";
import { settingNames } from "@plyr/backend";
import { composeFaults, composeVariables } from "../deployment/compose.js";
import { dockerfileFaults, parseImage } from "../deployment/dockerfile.js";
import { flyFaults, parseFly } from "../deployment/fly.js";
import { settingFaults } from "../deployment/named-settings.js";

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
        new Set(settingNames),
      );
for (const fault of faults) console.error(fault);
console.log(`compose.yaml, fly.toml, Dockerfile: ${String(faults.length)} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
