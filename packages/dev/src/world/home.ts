import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { freePort, isFree } from "../network/ports.js";

const port = z.int().min(1).max(65_535);
const worldPorts = z.object({ pds: port, plc: port, redis: port, service: port });
export type WorldPorts = z.infer<typeof worldPorts>;

/** Tried at the first start; what is taken gives way to a free one. */
const USUAL: WorldPorts = { pds: 2583, plc: 2582, redis: 6380, service: 8000 };

/** Where a development world keeps what outlives it. */
export interface Home {
  pds: string;
  redis: string;
  data: string;
  log: string;
  ports: WorldPorts;
}

/**
 * Opens the world's folder, making it the first time.
 *
 * The ports are chosen once and kept: DID documents and audio URLs name the PDS's, grants name the service's.
 *
 * @param reset forget everything first
 * @throws when the PDS's port has been taken by something else since
 */
export async function openHome(folder: string, { reset }: { reset: boolean }): Promise<Home> {
  if (reset) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ports = await portsKeptIn(join(folder, "ports.json"));
  if (!(await isFree(ports.pds))) {
    throw new Error(
      `Port ${String(ports.pds)} is taken, and this world's PDS can't move: its accounts name that port. ` +
        "Is `npm run dev` running already? Otherwise free the port, or start a new world with `npm run dev -- --reset`.",
    );
  }
  return {
    pds: join(folder, "pds"),
    redis: join(folder, "redis"),
    data: join(folder, "data"),
    log: join(folder, "service.log"),
    ports: {
      ...ports,
      plc: await orFree(ports.plc),
      redis: await orFree(ports.redis),
      service: await orFree(ports.service),
    },
  };
}

async function portsKeptIn(path: string): Promise<WorldPorts> {
  if (existsSync(path)) return worldPorts.parse(JSON.parse(readFileSync(path, "utf8")));
  const chosen: WorldPorts = {
    pds: await orFree(USUAL.pds),
    plc: await orFree(USUAL.plc),
    redis: await orFree(USUAL.redis),
    service: await orFree(USUAL.service),
  };
  writeFileSync(path, `${JSON.stringify(chosen)}\n`);
  return chosen;
}

async function orFree(wished: number): Promise<number> {
  return (await isFree(wished)) ? wished : await freePort();
}
