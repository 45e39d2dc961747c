import { z } from "zod";
import { makeClientKey } from "../auth/client-keys.js";
import { parseSettings } from "../settings/settings.js";
import type { AddCommand } from "./command.js";
import { Refused } from "./operator.js";

const typed = z.object({ signWith: z.string().optional() });

export const addOauthKey: AddCommand = (program, bind) => {
  program
    .command("oauth-key")
    .description(
      "what to set OAUTH_KEYS to, so that there is one key more: published, and signed with only where it is alone. " +
        "With --sign-with: so that this one signs, once PDSs have had the time to see it",
    )
    .option("--sign-with <kid>", "no new key: have this one sign from now on")
    .action(
      bind(({ env, output }, { options }) => {
        const { oauthKeys } = parseSettings(env, "all", { encrypts: false });
        const { signWith } = typed.parse(options);
        const signing = oauthKeys.filter(({ kid }) => kid === signWith);
        if (signWith !== undefined && signing.length === 0) {
          throw new Refused(`OAUTH_KEYS has no key ${signWith}: it has ${names(oauthKeys)}`);
        }
        const others = oauthKeys.filter(({ kid }) => kid !== signWith);
        const keys = { keys: [...signing, ...others, ...(signWith === undefined ? [makeClientKey()] : [])] };
        output.value(keys);
        // In quotes, as a shell and a file of variables take it.
        output.say(`OAUTH_KEYS='${JSON.stringify(keys)}'`);
        return Promise.resolve(0);
      }),
    );
};

function names(keys: readonly { kid: string }[]): string {
  return keys.length === 0 ? "none" : keys.map(({ kid }) => kid).join(", ");
}
