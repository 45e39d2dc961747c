import { expect, test } from "vitest";
import { NoAnswer } from "../../src/api/failures.js";
import { Listening } from "../../src/plays/listening.js";

function stage(start: () => Promise<string> = () => Promise.resolve("p")) {
  const told: string[] = [];
  let known = 0;
  const service = {
    start: (trackId: number) => {
      told.push(`start ${String(trackId)}`);
      return start();
    },
    heard: (playId: string) => {
      told.push(`heard ${playId}`);
      return Promise.resolve();
    },
  };
  const listening = new Listening(service, () => (known += 1));
  /** Listens from one second to another. */
  const listen = (trackId: number, duration: number, from: number, to: number): void => {
    for (let position = from; position <= to; position += 0.25) {
      listening.observe({ trackId, duration, position, playing: true });
    }
  };
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { told, listening, listen, settled, known: () => known };
}

test("the start is told once, and that it was heard when enough of it was", async () => {
  const { told, listen, settled, known } = stage();
  listen(1, 300, 0, 149);
  await settled();
  expect(told).toEqual(["start 1"]);
  listen(1, 300, 149, 151);
  listen(1, 300, 151, 299);
  await settled();
  expect(told).toEqual(["start 1", "heard p"]);
  expect(known()).toBe(1);
});

test.each([
  [9, 9],
  [900, 241],
])("a track of %i s is heard after %i s", async (duration, seconds) => {
  const { told, listen, settled } = stage();
  listen(1, duration, 0, seconds);
  await settled();
  expect(told).toEqual(["start 1", "heard p"]);
});

test("what was jumped over was not heard, and a pause takes nothing away", async () => {
  const { told, listening, listen, settled } = stage();
  listen(1, 300, 0, 100);
  listen(1, 300, 290, 300);
  await settled();
  expect(told).toEqual(["start 1"]);
  listening.observe({ trackId: 1, duration: 300, position: 20, playing: false });
  listen(1, 300, 20, 65);
  await settled();
  expect(told).toEqual(["start 1", "heard p"]);
});

test("played again after it was heard, it is another play; another track is one, too", async () => {
  const { told, listening, listen, settled } = stage();
  listen(1, 9, 0, 9);
  // At its end a track is back at its beginning, and silent.
  listening.observe({ trackId: 1, duration: 9, position: 0, playing: false });
  listen(1, 9, 0, 1);
  listen(2, 9, 0, 1);
  await settled();
  // What was heard is told when the service has named the play.
  expect(told.toSorted()).toEqual(["heard p", "start 1", "start 1", "start 2"]);
});

test("without an answer to the start nothing is told to have been heard", async () => {
  const { told, listening, listen, settled } = stage(() => Promise.reject(new NoAnswer("away")));
  listening.observe(null);
  listen(1, 9, 0, 9);
  await settled();
  expect(told).toEqual(["start 1"]);
});
