import { variables } from "./variables.js";

export type SettingName = keyof typeof variables;

/** Every environment variable that the service reads. */
export const settingNames: readonly SettingName[] = Object.keys(variables).filter(isSettingName);

export function isSettingName(name: unknown): name is SettingName {
  return typeof name === "string" && Object.hasOwn(variables, name);
}
