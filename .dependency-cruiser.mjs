const backend = "^packages/backend/src";

// What is started, or imported by name from outside.
const startingPoints = [
  "^packages/[^/]+/src/((testing|opentelemetry|prometheus)/)?index\\.ts$",
  "^packages/[^/]+/src/bin/",
  "^packages/[^/]+/src/.*main\\.ts$",
];
const tests = ["^packages/[^/]+/test/.*\\.test\\.ts$", "^packages/[^/]+/test/world\\.ts$"];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle has no first file to read.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-unresolvable",
      comment: "Also what a deep import past a package's exports ends in.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-orphans",
      comment: "It imports nothing and nothing imports it: delete it.",
      severity: "error",
      from: {
        orphan: true,
        path: "^packages/[^/]+/(src|test)/",
        pathNot: [...startingPoints, ...tests, "\\.d\\.ts$"],
      },
      to: {},
    },
    {
      name: "no-dead-source",
      comment: "No program and no index leads to it, at most a test: delete it, or use it.",
      severity: "error",
      from: { path: startingPoints },
      to: { path: "^packages/[^/]+/src/", pathNot: [...startingPoints, "\\.d\\.ts$"], reachable: false },
    },
    {
      name: "no-undeclared-dependency",
      comment: "A package lists in its own package.json what it imports.",
      severity: "error",
      from: { path: "^(packages/[^/]+/src|bench)/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "no-test-code-in-source",
      comment:
        "Source runs without what only tests and development need. The pages are bundled, so they may.",
      severity: "error",
      from: { path: "^packages/(docket|backend|dev)/src/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "type-only"] },
    },
    {
      name: "no-source-to-test",
      comment: "Source does not know its tests.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { path: "^packages/[^/]+/(test|bench)/" },
    },
    {
      name: "other-packages-by-name",
      comment: "Another package is what its exports say, never a path into its folder.",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: {
        path: "^packages/",
        pathNot: [
          "^packages/$1/",
          "^packages/[^/]+/dist/((testing|opentelemetry|prometheus)/)?index\\.(js|d\\.ts)$",
        ],
      },
    },
    {
      name: "bench-by-name",
      comment: "What is measured is what others import.",
      severity: "error",
      from: { path: "^bench/" },
      to: {
        path: "^packages/",
        pathNot: "^packages/[^/]+/dist/((testing|opentelemetry|prometheus)/)?index\\.(js|d\\.ts)$",
      },
    },
    {
      name: "bench-is-only-run",
      comment: "Measuring code is no part of what it measures.",
      severity: "error",
      from: { pathNot: "^bench/" },
      to: { path: "^bench/" },
    },
    {
      name: "docket-knows-no-service",
      comment: "The engine knows nothing of what is built on it.",
      severity: "error",
      from: { path: "^packages/docket/" },
      to: { path: "(^|/)packages/(?!docket/)" },
    },
    {
      name: "docket-loads-no-command-line",
      comment: "Who imports the engine loads neither its command line nor what that is made with.",
      severity: "error",
      from: { path: "^packages/docket/src/", pathNot: "^packages/docket/src/(cli|bin)/" },
      to: { path: ["^packages/docket/src/(cli|bin)/", "node_modules/(commander|cli-table3)/"] },
    },
    {
      name: "docket-needs-no-telemetry",
      comment: "The interfaces of OpenTelemetry are an optional peer: only what is for them may import them.",
      severity: "error",
      from: { path: "^packages/docket/src/", pathNot: "^packages/docket/src/opentelemetry/" },
      to: { path: "node_modules/@opentelemetry/" },
    },
    {
      name: "backend-knows-only-docket",
      comment: "The service knows neither its pages nor the development world around it.",
      severity: "error",
      from: { path: "^packages/backend/src/" },
      to: { path: ["^packages/(?!backend/|docket/)", "^packages/docket/dist/testing/"] },
    },
    {
      name: "backend-tests-know-no-pages",
      comment: "Tests of the service may use the development world; the pages they see through HTTP.",
      severity: "error",
      from: { path: "^packages/backend/test/" },
      to: { path: "^packages/web/" },
    },
    {
      name: "web-knows-only-http",
      comment: "The pages talk to the service over HTTP alone.",
      severity: "error",
      from: { path: "^packages/web/" },
      to: { path: "^packages/(?!web/)" },
    },
    {
      name: "dev-knows-no-pages",
      comment: "The development world starts the service; the pages come with it, built.",
      severity: "error",
      from: { path: "^packages/dev/" },
      to: { path: "^packages/web/" },
    },
    {
      name: "http-is-outermost",
      comment:
        "Routes (also operators' own) call the domain, the domain calls the outbox, tasks do the work: nothing calls back into HTTP.",
      severity: "error",
      from: { path: `${backend}/`, pathNot: [`${backend}/(http|operator)/`, `${backend}/service\\.ts$`] },
      to: { path: `${backend}/http/` },
    },
    {
      name: "outbox-knows-no-music",
      comment:
        "The outbox carries intents for any domain, so it knows none, and no task that will read them.",
      severity: "error",
      from: { path: `${backend}/outbox/` },
      to: { path: `${backend}/(http|auth|pds|records|tracks|likes|comments|exports|tasks)/` },
    },
    {
      name: "tasks-know-no-likes",
      comment:
        "A task makes the PDS equal to a record's wish: which domain wished it is not its business. Tasks of one domain live there; only the list of all tasks reaches them.",
      severity: "error",
      from: { path: `${backend}/tasks/`, pathNot: `${backend}/tasks/registry\\.ts$` },
      to: { path: `${backend}/(http|likes|comments|tracks|exports)/` },
    },
    {
      name: "service-is-the-composition-root",
      comment: "Only what starts the service may reach all its parts.",
      severity: "error",
      from: { path: `${backend}/`, pathNot: `${backend}/(index\\.ts$|bin/)` },
      to: { path: `${backend}/service\\.ts$` },
    },
    {
      name: "bin-is-only-run",
      comment: "A program is started, not imported.",
      severity: "error",
      from: {},
      to: { path: "^packages/[^/]+/src/bin/" },
    },
    {
      name: "scripts-stand-alone",
      comment: "The gate must work before anything is built.",
      severity: "error",
      from: { path: "^scripts/" },
      to: { path: "^packages/" },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "/dist/"] },
    exclude: { path: ["\\.svelte-kit/", "/coverage/"] },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".svelte", ".json", ".d.ts"],
    },
    moduleSystems: ["es6"],
  },
};
