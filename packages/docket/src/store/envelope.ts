import { readVersioned, versionedName, type Versioned } from "../task/version.js";
import type { Stored, Ties } from "./store.js";

/**
 * How a task lies in a store: five fields between tabs, `addedAt serial key name payload`, and what its trace takes along
 * as a sixth where it is traced. The first four are percent-encoded where needed and neither JSON nor the sixth holds a
 * tab, so that a script can read its ties without parsing JSON.
 */
export function seal(ties: Ties, payload: string, carried: string | undefined): string {
  const body = `${field(ties.serial)}\t${field(ties.key)}\t${nameField(ties)}\t${payload}`;
  return carried === undefined ? body : `${body}\t${carried}`;
}

/** Undefined when it isn't what `seal` makes behind a time. */
export function unseal(body: string): Stored | undefined {
  const parts = body.split("\t");
  const [addedAt = "", serial = "", key = "", name = "", payload = "", carried] = parts;
  if (parts.length < 5 || parts.length > 6 || name === "" || !/^\d+$/.test(addedAt)) return undefined;
  try {
    const named = readVersioned(name);
    const ties = { serial: unfield(serial), key: unfield(key), ...named, name: unfield(named.name) };
    return { addedAt: Number(addedAt), ...ties, payload, ...(carried === undefined ? {} : { carried }) };
  } catch {
    return undefined;
  }
}

/** @throws {URIError} when it isn't what `field` makes */
function unfield(text: string): string {
  return text.includes("%") ? decodeURIComponent(text) : text;
}

/** A task's name as scripts see it: with the version of its payload, as `versionedName` puts it. */
export function nameField({ name, version }: Versioned): string {
  return versionedName({ name: field(name), version });
}

/** A tie as scripts see it: encoded, so that it holds neither a tab nor a line break. */
export function field(text: string): string {
  return /[%\u0000-\u001f\ud800-\udfff]/.test(text) ? encodeURIComponent(text.toWellFormed()) : text;
}
