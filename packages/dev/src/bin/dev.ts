#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startWorld } from "../world/world.js";

const { values } = parseArgs({
  options: { reset: { type: "boolean", default: false }, folder: { type: "string" } },
});
const folder = values.folder ?? fileURLToPath(new URL("../../../../.plyr/dev", import.meta.url));

// A terminal sends Ctrl-C to npm and to us, and npm hands it on once more: that is still one wish to stop.
const SAME_WISH = 1_000;

let stopping: number | undefined;
let stop: (() => Promise<void>) | undefined;
const leave = (code: number): void => {
  const now = Date.now();
  // A second wish while we are stopping: the keepers end at once what is left.
  if (stopping !== undefined && now - stopping > SAME_WISH) process.exit(130);
  if (stopping !== undefined) return;
  stopping = now;
  // Nothing is up yet that would have to end in order.
  if (!stop) process.exit(130);
  console.log("\nStopping: the service finishes what it has begun …");
  stop().then(
    () => process.exit(code),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
};
process.on("SIGINT", () => {
  leave(0);
});
// The terminal was closed.
process.on("SIGHUP", () => {
  leave(0);
});
process.on("SIGTERM", () => {
  leave(0);
});

try {
  const world = await startWorld({
    folder,
    reset: values.reset,
    env: process.env,
    say: (line) => {
      console.log(line);
    },
  });
  stop = () => world.stop();
  const { handle, password } = world.listener;
  console.log(`
  plyr is at  ${world.url}

  sign in as  ${handle}
  password    ${password}

${world.surroundings.map((line) => `  ${line}`).join("\n")}

  Ctrl-C stops everything and keeps its state; \`npm run dev -- --reset\` begins afresh.
`);
  await world.serviceEnded();
  if (stopping === undefined) {
    console.error("The service has ended by itself; see its log.");
    leave(1);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
