import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpoints, methodOf } from "./endpoints/all.js";
import type { Asker } from "./endpoints/asked.js";
import { openWorld, type World } from "./endpoints/world.js";

/** The owner comes last: whoever is refused before must have left what is asked for as it was. */
const ASKERS: readonly Asker[] = ["nobody", "another", "admin", "owner"];

let world: World;
beforeAll(async () => {
  world = await openWorld();
}, 60_000);
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

test("every route of the service has a row here, and every row a route", () => {
  expect(endpoints.map(({ route }) => route).sort()).toEqual(world.service.routes);
});

describe("who may", () => {
  test.each(endpoints)("$route", async (endpoint) => {
    const asked = await endpoint.ask(world);
    const told: Partial<Record<Asker, number>> = {};
    for (const asker of ASKERS) {
      const answer = await world.send(asker, methodOf(endpoint), asked);
      told[asker] = answer.status;
      await answer.body?.cancel();
      if (endpoint.signsOut === true && asker !== "nobody") await world.enter(asker);
    }
    expect(told).toEqual(endpoint.answers);
  });
});

describe("who may not", () => {
  const closed = endpoints.filter(({ answers }) => answers.nobody === 401 || answers.another >= 400);

  test.each(closed)("$route: a refusal changes nothing, and says why", async (endpoint) => {
    const asked = await endpoint.ask(world);
    await world.quiet();
    const before = await world.everything();
    for (const asker of ASKERS.filter((asker) => endpoint.answers[asker] >= 400)) {
      const answer = await world.send(asker, methodOf(endpoint), asked);
      expect(await answer.json()).toEqual({
        error: expect.objectContaining({
          code: expect.any(String) as unknown,
          message: expect.any(String) as unknown,
        }) as unknown,
      });
    }
    expect(await world.everything()).toBe(before);
  });
});
