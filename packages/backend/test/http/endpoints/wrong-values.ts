import type { Endpoint, Field } from "./endpoint.js";

/** A body with one fault, and the field that the answer has to name. */
export interface WrongBody {
  readonly what: string;
  readonly field: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const NO_TEXT = ["\u0000", "before\u0000after", "\ud800"];

/** Everything that a body can get wrong, one thing at a time, beside what is right. */
export function wrongBodies(
  { fields = {} }: Endpoint,
  right: Readonly<Record<string, unknown>>,
): WrongBody[] {
  const wrong: WrongBody[] = [
    { what: "a field that nobody knows", field: "colour", body: { ...right, colour: "red" } },
    { what: "a prototype in disguise", field: "constructor", body: { ...right, constructor: { name: "x" } } },
  ];
  for (const [field, shape] of Object.entries(fields)) {
    if (shape.optional !== true) {
      wrong.push({
        what: `no ${field}`,
        field,
        body: Object.fromEntries(Object.entries(right).filter(([name]) => name !== field)),
      });
    }
    for (const value of wrongValues(shape)) {
      wrong.push({
        what: `${field} = ${JSON.stringify(value).slice(0, 30)}`,
        field,
        body: { ...right, [field]: value },
      });
    }
  }
  return wrong;
}

function wrongValues(shape: Field): unknown[] {
  switch (shape.kind) {
    case "text": {
      const long = ["x".repeat(shape.longest + 1), "👩‍👩‍👧‍👦".repeat(Math.min(shape.longest, 2_000))];
      return [null, 1, true, [], {}, ...NO_TEXT, ...long, ...(shape.blank === true ? [] : ["", "  \n\t "])];
    }
    case "integer":
      return [null, "1", 1.5, true, [], {}, shape.least - 1, shape.most + 1, 1e300];
    case "boolean":
      return [null, 1, "true", [], {}];
    case "ids":
      return [
        null,
        1,
        "1",
        {},
        ["1"],
        [1.5],
        [-1],
        [null],
        [1, 1],
        Array.from({ length: shape.most + 1 }, (_, at) => at + 1),
      ];
    case "choice":
      return [null, 1, true, [], {}, "", "something else", "__proto__"];
  }
}
