import type { Endpoint } from "./endpoint.js";

/** For those whom ADMIN_DIDS names. What their bodies may hold is tested with the commands that send them. */
const answers: Endpoint["answers"] = { nobody: 401, another: 403, admin: 200, owner: 403 };

export const operators: readonly Endpoint[] = [
  { route: "GET /operator/status", answers, ask: () => ({ path: "/operator/status" }) },
  {
    route: "POST /operator/audit",
    answers,
    ask: ({ owner }) => ({ path: "/operator/audit", body: { did: owner.did, repair: false } }),
  },
];
