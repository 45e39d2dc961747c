import { expect, test } from "vitest";
import { oauthKeys, type OauthKey } from "../../src/settings/oauth-keys.js";
import { command } from "./commanding.js";

/** What the command says to set, given what is set. */
async function told(
  set: string | undefined,
  ...options: string[]
): Promise<{ text: string; keys: OauthKey[] }> {
  const env = set === undefined ? {} : { OAUTH_KEYS: set };
  const { code, stdout } = await command(env, "oauth-key", ...options);
  expect(code).toBe(0);
  const [, text = ""] = /^OAUTH_KEYS='(.+)'\n$/.exec(stdout) ?? [];
  return { text, keys: oauthKeys.parse(text) };
}

test("a first key, one more behind it, and then that one before it: each keeps what was set", async () => {
  const first = await told(undefined);
  expect(first.keys).toHaveLength(1);
  const both = await told(first.text);
  expect(both.keys[0]).toEqual(first.keys[0]);
  expect(both.keys).toHaveLength(2);
  const turned = await told(both.text, "--sign-with", both.keys[1]?.kid ?? "");
  expect(turned.keys).toEqual(both.keys.toReversed());
});

test("a key that isn't there is refused with those that are, and no key is shown in an error", async () => {
  const { text, keys } = await told(undefined);
  const refused = await command({ OAUTH_KEYS: text }, "oauth-key", "--sign-with", "other");
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toBe(`Not done: OAUTH_KEYS has no key other: it has ${keys[0]?.kid ?? ""}\n`);
  const broken = await command({ OAUTH_KEYS: text.slice(0, -1) }, "oauth-key");
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain("OAUTH_KEYS is not usable: allowed is a JSON key set");
  expect(broken.stderr).not.toContain(keys[0]?.d);
});
