import { spawnSync } from "node:child_process";

// The types gate comes first: it builds what typed linting and the boundaries resolve imports against.
const gates = [
  "format:check",
  "types",
  "lint",
  "boundaries",
  "layout",
  "licences",
  "deployment",
  "docs:check",
  "test",
];

const wanted = process.argv.includes("--no-test") ? gates.filter((gate) => gate !== "test") : gates;

const outcomes = wanted.map((gate) => {
  console.log(`\n── ${gate}`);
  const begun = performance.now();
  const { status } = spawnSync("npm", ["run", "--silent", gate], { stdio: "inherit" });
  return { gate, passed: status === 0, seconds: (performance.now() - begun) / 1000 };
});

console.log("\n── check");
for (const { gate, passed, seconds } of outcomes) {
  console.log(`${passed ? "ok    " : "FAILED"} ${gate} (${seconds.toFixed(1)} s)`);
}
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;
