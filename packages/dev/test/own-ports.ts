import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../src/network/ports.js";

/** Gives a world ports of its own before its first start: the usual ones are everybody's, also of a test beside this one. */
export async function giveOwnPorts(folder: string): Promise<void> {
  const [pds, plc, redis, service] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "ports.json"), JSON.stringify({ pds, plc, redis, service }));
}
