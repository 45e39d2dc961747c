/** As many versions as one task may have: workers announce each that they know. */
const MOST = 100;

/** A name as it is stored with its version: so that whoever knows only names lays a newer payload aside. */
const VERSIONED = /^(.+)@([1-9]\d{0,2})$/s;

/** Names that end so would be taken for a version of another task. */
export const LIKE_A_VERSION = /@\d+$/;

/** What a payload was written as. Undefined: version 1, which is stored as nothing. */
export interface Versioned {
  readonly name: string;
  readonly version?: number | undefined;
}

/** The name that stores and workers know a version of a task by; that of version 1 is the task's. */
export function versionedName({ name, version = 1 }: Versioned): string {
  return version === 1 ? name : `${name}@${String(version)}`;
}

/** A task's name and version from what `versionedName` made. */
export function readVersioned(text: string): Versioned {
  if (!text.includes("@")) return { name: text };
  const [, name, version] = VERSIONED.exec(text) ?? [];
  if (name === undefined || Number(version) < 2) return { name: text };
  return { name, version: Number(version) };
}

/** All that a worker can run of a task: its version and those before. */
export function knownNames({ name, version = 1 }: Versioned): string[] {
  return Array.from({ length: version }, (_, before) => versionedName({ name, version: before + 1 }));
}

/** The task's own name, whatever the version. */
export function plainName(text: string): string {
  return readVersioned(text).name;
}

/**
 * @param of names the task
 * @throws {RangeError} when the version is out of range
 * @throws {TypeError} when it can't be reached from those before
 */
export function readVersion(
  { version = 1, upgrade, comes }: { version?: number | undefined; upgrade: unknown; comes: boolean },
  of: string,
): number {
  if (!Number.isInteger(version) || version < 1 || version > MOST)
    throw new RangeError(
      `the version ${of} is ${String(version)}: give a whole number from 1 to ${String(MOST)}`,
    );
  if (upgrade !== undefined && typeof upgrade !== "function")
    throw new TypeError(`the upgrade ${of} is no function: give one of an old payload and its version`);
  if (version > 1 && upgrade === undefined && !comes)
    throw new TypeError(
      `version ${String(version)} ${of} has no upgrade: give what makes its payload of those that were stored before`,
    );
  return version;
}
