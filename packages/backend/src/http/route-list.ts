import type { Hono } from "hono";
import type { HttpEnv } from "./env.js";

/** Middleware is registered for every method. */
const EVERY_METHOD = "ALL";

/** Every `METHOD /path/:parameter` that an app answers, each once; so that tests can go through all of them. */
export function routesOf(app: Hono<HttpEnv>): string[] {
  const answered = app.routes.filter(({ method }) => method !== EVERY_METHOD);
  return [...new Set(answered.map(({ method, path }) => `${method} ${path}`))].sort();
}
