import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { lineLimits } from "./scripts/line-limits.js";

const sources = ["packages/*/src/**/*.{ts,js}"];
const tests = ["packages/*/test/**/*.{ts,js}", "scripts/test/**/*.ts"];
// These speak to a person at a terminal.
const programs = [
  "packages/*/src/bin/**/*.ts",
  "packages/*/src/**/main.ts",
  "bench/**/*.ts",
  "scripts/**/*.{ts,js}",
];

/**
 * @param {number} max
 * @returns {["error", object]}
 */
const maxLines = (max) => ["error", { max, skipBlankLines: false, skipComments: false }];

const everyTestRuns = "Every test runs, always and once: no only, skip, todo, expected failure or retry.";
const unfinishedTests = [
  {
    selector:
      "MemberExpression[property.name=/^(only|skip|skipIf|runIf|todo|fails)$/]:matches([object.name=/^(it|test|describe|suite|context|ctx)$/], [object.object.name=/^(it|test|describe|suite)$/])",
    message: everyTestRuns,
  },
  {
    selector:
      "CallExpression:matches([callee.name=/^(it|test|describe|suite)$/], [callee.object.name=/^(it|test|describe|suite)$/]) > ObjectExpression > Property[key.name=/^(only|skip|todo|fails|retry)$/]",
    message: everyTestRuns,
  },
];

const sharedState = [
  {
    selector:
      "Program > VariableDeclaration[kind='let'], Program > ExportNamedDeclaration > VariableDeclaration[kind='let']",
    message: "No state at module level: pass it in.",
  },
  {
    selector:
      ":matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator > NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet)$/][arguments.length=0]",
    message: "No state at module level: pass it in.",
  },
];

const importsThatWork = {
  selector:
    "Program > ExpressionStatement:not([directive]), Program > :matches(ForStatement, ForOfStatement, WhileStatement, IfStatement, TryStatement)",
  message: "Importing a module does no work: put this in a function. Only bin/ and main.ts start things.",
};

export default defineConfig(
  { ignores: ["**/dist/", "**/node_modules/", "**/coverage/", ".plyr/", "packages/backend/src/lexicons/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.{ts,js,mjs}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ["vitest.config.ts"],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "max-lines": maxLines(lineLimits.source),
      "no-console": "error",
      eqeqeq: "error",
      "no-restricted-syntax": ["error", ...unfinishedTests],
      "@typescript-eslint/ban-ts-comment": [
        "error",
        { "ts-ignore": true, "ts-nocheck": true, "ts-check": false, "ts-expect-error": true },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unsafe-type-assertion": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  // tsc checks these files' types; no tsconfig of a package claims them.
  { files: ["**/*.{js,mjs}"], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: sources,
    ignores: programs,
    rules: { "no-restricted-syntax": ["error", ...unfinishedTests, ...sharedState, importsThatWork] },
  },
  {
    files: tests,
    rules: {
      "max-lines": maxLines(lineLimits.test),
      // Some tests measure, and print what they found.
      "no-console": "off",
      // A type test states what must not compile.
      "@typescript-eslint/ban-ts-comment": [
        "error",
        {
          "ts-ignore": true,
          "ts-nocheck": true,
          "ts-check": false,
          "ts-expect-error": "allow-with-description",
        },
      ],
    },
  },
  { files: programs, rules: { "no-console": "off" } },
);
