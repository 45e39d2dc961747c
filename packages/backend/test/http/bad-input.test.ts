import { z } from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpoints, methodOf } from "./endpoints/all.js";
import type { Asked } from "./endpoints/asked.js";
import type { Endpoint } from "./endpoints/endpoint.js";
import { wrongBodies } from "./endpoints/wrong-values.js";
import { openWorld, type World } from "./endpoints/world.js";

const refusal = z.object({
  error: z.object({ code: z.string(), message: z.string().min(8), field: z.string().optional() }),
});

let world: World;
beforeAll(async () => {
  world = await openWorld();
}, 60_000);
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Asked by one who may, so that nothing but the fault is wrong. */
async function refused(
  endpoint: Endpoint,
  asked: Asked,
  raw?: { body: string | Uint8Array<ArrayBuffer>; type: string },
) {
  const method = methodOf(endpoint);
  const answer = await (raw === undefined
    ? world.send(endpoint.answers.owner < 400 ? "owner" : "admin", method, asked)
    : world.sendRaw(method, asked.path, raw.body, raw.type));
  return { status: answer.status, ...refusal.parse(await answer.json()).error };
}

const withBody = endpoints.filter(({ fields }) => fields !== undefined);
const withoutBody = endpoints.filter(
  ({ route, fields, answers, signsOut }) =>
    signsOut === undefined &&
    fields === undefined &&
    answers.owner < 300 &&
    !route.startsWith("GET ") &&
    !/^POST \/tracks\/?$/.test(route),
);

describe("a body with one fault is refused with the field's name and the reason, and nothing changes", () => {
  test.each(withBody)("$route", async (endpoint) => {
    const asked = await endpoint.ask(world);
    await world.quiet();
    const before = await world.everything();
    for (const { what, field, body } of wrongBodies(endpoint, asked.body ?? {})) {
      const answer = await refused(endpoint, { path: asked.path, body });
      expect.soft({ what, status: answer.status, field: answer.field }).toEqual({ what, status: 422, field });
    }
    expect(await world.everything()).toBe(before);
  });
});

describe("what is no JSON object is refused, and nothing changes", () => {
  test.each([...withBody, ...withoutBody])("$route", async (endpoint) => {
    const asked = await endpoint.ask(world);
    await world.quiet();
    const before = await world.everything();
    for (const body of [
      "not json",
      "[]",
      '"text"',
      "null",
      "1",
      '{"a":',
      "\u0000",
      `{"x":"${"x".repeat(70_000)}"}`,
    ]) {
      const answer = await refused(endpoint, asked, { body, type: "application/json" });
      const status = body.length > 65_536 ? 413 : 422;
      expect
        .soft({ body: body.slice(0, 10), status: answer.status, field: answer.field })
        .toEqual({ body: body.slice(0, 10), status, field: "body" });
    }
    expect(await world.everything()).toBe(before);
  });
});

describe("a parameter in the path that can't be one is a 404 that says so", () => {
  const parametrised = endpoints.filter(({ route }) => route.includes("/:"));
  const NEVER = [
    "0",
    "-1",
    "1.5",
    "99999999999",
    "1e3",
    "%00",
    "%FF",
    "..%2F..%2Fetc%2Fpasswd",
    "' or 1=1 --",
    "\u202Eabc",
    "x".repeat(2_000),
  ];

  test.each(parametrised)("$route", async (endpoint) => {
    const asked = await endpoint.ask(world);
    await world.quiet();
    const before = await world.everything();
    const pattern = endpoint.route.slice(endpoint.route.indexOf(" ") + 1);
    for (const value of NEVER) {
      const path = pattern.replace(/:\w+/g, () =>
        value.startsWith("%") || value.includes("%2F") ? value : encodeURIComponent(value),
      );
      const answer = await refused(endpoint, { ...asked, path });
      expect.soft({ value, status: answer.status }).toEqual({ value, status: 404 });
    }
    expect(await world.everything()).toBe(before);
  });
});
