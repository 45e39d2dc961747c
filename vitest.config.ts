import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

/** More would crowd two processors, and then tests wait in vain for what takes its time. */
const FILES_AT_A_TIME = 2;

function project(name: string, folder: string, viteConfig?: string): TestProjectInlineConfiguration {
  const world = join(import.meta.dirname, folder, "test/world.ts");
  const residue = join(import.meta.dirname, folder, "test/residue.ts");
  return {
    extends: viteConfig ?? false,
    root: folder,
    test: {
      name,
      include: ["test/**/*.test.ts"],
      // What all of a project's test files share, such as one PDS, is started once and stopped at the end.
      globalSetup: existsSync(world) ? [world] : [],
      // Looks after each test that nothing of it is left in the process.
      setupFiles: existsSync(residue) ? [residue] : [],
      pool: "forks",
      // Loading the atproto libraries anew for each file would take a tenth of the whole run. Nothing of ours lives in a module.
      isolate: false,
      // Each project has its own count: what stands below says nothing to them.
      maxWorkers: FILES_AT_A_TIME,
      allowOnly: false,
      testTimeout: 30_000,
      hookTimeout: 60_000,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project("gate", "scripts"),
      project("docket", "packages/docket"),
      project("backend", "packages/backend"),
      project("web", "packages/web", "packages/web/vite.config.ts"),
      project("dev", "packages/dev"),
    ],
    reporters: ["default", "./scripts/closing-line.ts"],
    maxWorkers: FILES_AT_A_TIME,
    passWithNoTests: false,
  },
});
