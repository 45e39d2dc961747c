import { variables } from "./variables.js";

/** Every environment variable that the service reads. */
export const settingNames: readonly string[] = Object.keys(variables);
