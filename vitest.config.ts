import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

function project(name: string, folder: string, viteConfig?: string): TestProjectInlineConfiguration {
  const world = join(import.meta.dirname, folder, "test/world.ts");
  return {
    extends: viteConfig ?? false,
    root: folder,
    test: {
      name,
      include: ["test/**/*.test.ts"],
      // What all of a project's test files share, such as one PDS, is started once and stopped at the end.
      globalSetup: existsSync(world) ? [world] : [],
      pool: "forks",
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
    maxWorkers: 2,
    passWithNoTests: false,
  },
});
