import type { TestProject } from "vitest/node";
import { RedisServer } from "./redis-server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The Redis that all test files share which don't stage an outage; each test uses a name of its own on it. */
    redisUrl: string;
  }
}

export default async function startWorld(project: TestProject): Promise<() => Promise<void>> {
  const server = await RedisServer.start();
  project.provide("redisUrl", server.url);
  return () => server[Symbol.asyncDispose]();
}
