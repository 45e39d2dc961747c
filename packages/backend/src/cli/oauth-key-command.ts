import { makeClientKey } from "../auth/client-keys.js";
import { parseSettings } from "../settings/settings.js";
import type { AddCommand } from "./command.js";

export const addOauthKey: AddCommand = (program, bind) => {
  program
    .command("oauth-key")
    .description(
      "makes a key for OAUTH_KEYS and prints what to set: the new one first, then those that are set, to which earlier sign-ins are bound",
    )
    .action(
      bind(({ env, output }) => {
        const { oauthKeys } = parseSettings(env, "all", { encrypts: false });
        const keys = { keys: [makeClientKey(), ...oauthKeys] };
        output.value(keys);
        // In quotes, as a shell and a file of variables take it.
        output.say(`OAUTH_KEYS='${JSON.stringify(keys)}'`);
        return Promise.resolve(0);
      }),
    );
};
