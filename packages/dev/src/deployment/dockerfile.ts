import { DockerfileParser, type Instruction } from "dockerfile-ast";

/** A stage of a Dockerfile, with all that the stages below it bring along. */
export interface Image {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const KNOWN = [
  ...["FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK"],
  ...["ENTRYPOINT", "CMD"],
];

/**
 * What a container of a stage runs as.
 *
 * @param target the stage's name
 * @throws when there is no such stage
 */
export function parseImage(text: string, target: string): Image {
  const stages = stagesOf(text);
  const lines = (name: string): Instruction[] => {
    const stage = stages.get(name);
    if (stage === undefined) return [];
    return [...lines(stage.from), ...stage.instructions];
  };
  if (!stages.has(target)) throw new Error(`The Dockerfile has no stage ${target}`);
  const all = lines(target);
  const last = (keyword: string): Instruction | undefined =>
    all.findLast((instruction) => instruction.getKeyword() === keyword);
  return {
    user: last("USER")?.getArgumentsContent() ?? "root",
    entrypoint: words(last("ENTRYPOINT")),
    command: words(last("CMD")),
    healthCheck: words(last("HEALTHCHECK")),
    env: Object.fromEntries(
      all.filter((instruction) => instruction.getKeyword() === "ENV").flatMap((each) => assignments(each)),
    ),
  };
}

/** Sentences on what Docker would not understand, and on what a container of ours must not be. */
export function dockerfileFaults(text: string, targets: readonly string[]): string[] {
  const unknown = DockerfileParser.parse(text)
    .getInstructions()
    .map((instruction) => instruction.getKeyword())
    .filter((keyword) => !KNOWN.includes(keyword))
    .map((keyword) => `Dockerfile: ${keyword} is no instruction that we know`);
  const ofTargets = targets.flatMap((target) => {
    const { user, entrypoint, command, healthCheck } = parseImage(text, target);
    return [
      ...(user === "root" ? [`Dockerfile: ${target} runs as root`] : []),
      ...(entrypoint[0]?.endsWith("/tini") === true
        ? []
        : [`Dockerfile: ${target} has no init to pass signals on`]),
      ...(command.length > 0 ? [] : [`Dockerfile: ${target} runs nothing, or through a shell`]),
      ...(healthCheck.length > 0
        ? []
        : [`Dockerfile: ${target} has no health check, or one through a shell`]),
    ];
  });
  return [...unknown, ...ofTargets];
}

function stagesOf(text: string): Map<string, { from: string; instructions: Instruction[] }> {
  const stages = new Map<string, { from: string; instructions: Instruction[] }>();
  let current: Instruction[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() !== "FROM") {
      current.push(instruction);
      continue;
    }
    const [from = "", , name = ""] = instruction.getArguments().map((argument) => argument.getValue());
    current = [];
    stages.set(name, { from, instructions: current });
  }
  return stages;
}

/** Of the form in brackets; none of any other. */
function words(instruction: Instruction | undefined): string[] {
  const inBrackets = /\[.*\]$/s.exec(instruction?.getArgumentsContent() ?? "");
  if (inBrackets === null) return [];
  const parsed: unknown = JSON.parse(inBrackets[0]);
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

function assignments(instruction: Instruction): [string, string][] {
  return instruction.getArguments().map((argument): [string, string] => {
    const [name = "", ...value] = argument.getValue().split("=");
    return [name, value.join("=")];
  });
}
