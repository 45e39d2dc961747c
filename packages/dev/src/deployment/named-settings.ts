/** Settings that no file of a deployment names, each with the reason. */
const nowhere: Readonly<Record<string, string>> = {
  FFMPEG: "the image has it where programs are looked for",
  WEB_DIR: "the image has the pages where the service looks for them",
};

/** What a deployment's files name that is no setting of the service. */
const notOurs = new Set(["NODE_ENV"]);

/**
 * Holds the variables that the files of a deployment name against the settings of the service.
 *
 * @param named by file
 * @param settings all that there are
 * @returns sentences on names that are no setting, and on settings that no file names
 */
export function settingFaults(
  named: Readonly<Record<string, ReadonlySet<string>>>,
  settings: ReadonlySet<string>,
): string[] {
  const everywhere = new Set(Object.values(named).flatMap((names) => [...names]));
  return [
    ...Object.entries(named).flatMap(([file, names]) =>
      [...names]
        .filter((name) => !settings.has(name) && !notOurs.has(name))
        .map((name) => `${file}: ${name} is no setting of the service`),
    ),
    ...[...settings]
      .filter((name) => !everywhere.has(name) && !(name in nowhere))
      .map(
        (name) =>
          `${name} is named by no file of a deployment, nor in packages/dev/src/deployment/named-settings.ts`,
      ),
    ...Object.keys(nowhere)
      .filter((name) => !settings.has(name) || everywhere.has(name))
      .map((name) => `${name} is excepted in packages/dev/src/deployment/named-settings.ts without need`),
  ];
}
