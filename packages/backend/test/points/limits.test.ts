import { expect, test } from "vitest";
import { isCounting, toldLimit } from "../../src/points/limits.js";

function headers(policy: string, remaining = "4321", reset = "1800000000"): Headers {
  return new Headers({
    "ratelimit-limit": policy.split(";")[0] ?? "",
    "ratelimit-remaining": remaining,
    "ratelimit-reset": reset,
    "ratelimit-policy": policy,
  });
}

test("a limit over an hour or a day is the person's", () => {
  expect(toldLimit(headers("5000;w=3600"))).toEqual({
    window: "hour",
    limit: 5_000,
    remaining: 4_321,
    resetsAt: 1_800_000_000_000,
  });
  expect(toldLimit(headers("35000;w=86400", "0"))).toMatchObject({ window: "day", remaining: 0 });
});

test("a limit over five minutes is that of our address, and says nothing of the person", () => {
  expect(toldLimit(headers("3000;w=300"))).toBeNull();
  expect(isCounting(headers("3000;w=300"))).toBe(true);
});

test.each(["", "5000", "5000;w=", "x;w=3600", "5000;w=3600;burst=9", "-1;w=3600"])(
  "a policy of %j is not understood, and changes nothing",
  (policy) => {
    expect(toldLimit(headers(policy))).toBeNull();
  },
);

test("an answer without such headers comes from a PDS that does not count", () => {
  expect(isCounting(new Headers({ date: "now" }))).toBe(false);
  expect(toldLimit(headers("5000;w=3600", "many"))).toBeNull();
});
