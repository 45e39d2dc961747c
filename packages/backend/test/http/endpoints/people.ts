import { everybody, signedIn, type Endpoint } from "./endpoint.js";

export const people: readonly Endpoint[] = [
  { route: "GET /health", answers: everybody(200), ask: () => ({ path: "/health" }) },
  { route: "GET /ready", answers: everybody(200), ask: () => ({ path: "/ready" }) },
  // METRICS_TOKEN is not set there.
  { route: "GET /metrics", answers: everybody(404), ask: () => ({ path: "/metrics" }) },
  { route: "GET /me", answers: signedIn(200), ask: () => ({ path: "/me" }) },
  {
    route: "GET /auth/start",
    answers: everybody(302),
    ask: ({ owner }) => ({ path: `/auth/start?handle=${owner.handle}` }),
  },
  {
    route: "GET /oauth/client-metadata.json",
    answers: everybody(200),
    ask: () => ({ path: "/oauth/client-metadata.json" }),
  },
  { route: "GET /oauth/jwks.json", answers: everybody(200), ask: () => ({ path: "/oauth/jwks.json" }) },
  {
    route: "POST /auth/logout",
    answers: everybody(204),
    ask: () => ({ path: "/auth/logout" }),
    signsOut: true,
    fields: { anyway: { kind: "boolean", optional: true }, cancel: { kind: "boolean", optional: true } },
  },
  {
    route: "GET /auth/callback",
    answers: everybody(302),
    ask: () => ({ path: "/auth/callback?state=x&code=x" }),
  },
];
