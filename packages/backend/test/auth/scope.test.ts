import { expect, test } from "vitest";
import { NarrowedGrant, askedScope, demandScope } from "../../src/auth/scope.js";

test("each collection that we write is asked for by its full name", () => {
  expect(askedScope("fm.plyr.dev")).toBe(
    "atproto repo:fm.plyr.dev.like repo:fm.plyr.dev.comment repo:fm.plyr.dev.list repo:fm.plyr.dev.actor.profile " +
      "repo:fm.plyr.dev.track blob:audio/*",
  );
});

test("a grant with all that was asked passes, in any order and with more", () => {
  demandScope("did:plc:ana", "atproto repo:a.b.like", "repo:a.b.like extra atproto");
});

test("a grant that lacks something is refused with what it lacks", () => {
  const narrowed = () => {
    demandScope("did:plc:ana", "atproto repo:a.b.like repo:a.b.list", "atproto repo:a.b.like");
  };
  expect(narrowed).toThrow(NarrowedGrant);
  expect(narrowed).toThrow("repo:a.b.list is missing");
});
