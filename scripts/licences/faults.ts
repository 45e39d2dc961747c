import satisfies from "spdx-satisfies";
import type { LicencePolicy } from "./policy.ts";

export interface InstalledPackage {
  name: string;
  version: string;
  /** An SPDX expression, or whatever the package says instead. */
  licence: string;
}

/**
 * What the installed packages hold against the policy, one sentence each.
 * @param production `name@version` of each package that docket, the backend and the pages need to run
 */
export function licenceFaults(
  installed: readonly InstalledPackage[],
  production: ReadonlySet<string>,
  policy: LicencePolicy,
): string[] {
  const refused = installed.filter(({ licence }) => !isAllowed(licence, policy));
  const faults = refused.flatMap((one) => {
    const id = `${one.name}@${one.version}`;
    const exception = policy.developmentOnly.find(
      ({ name, licence }) => name === one.name && licence === one.licence,
    );
    if (exception === undefined) return [`${id}: its licence "${one.licence}" is not in the allow-list.`];
    if (production.has(id)) {
      return [`${id}: "${one.licence}" is excepted for development only, but production needs it.`];
    }
    return [];
  });
  const unused = policy.developmentOnly.filter(
    ({ name, licence }) => !refused.some((one) => one.name === name && one.licence === licence),
  );
  return [
    ...faults,
    ...unused.map(({ name, licence }) => `${name} (${licence}): the exception is not used.`),
  ];
}

function isAllowed(licence: string, policy: LicencePolicy): boolean {
  try {
    return satisfies(licence, [...policy.allowed]);
  } catch {
    // Not SPDX: a person must read that package's licence.
    return false;
  }
}
