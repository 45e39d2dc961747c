import { adoptTrack, migrateToLatest, openDatabase } from "@plyr/backend";
import { LOOPBACK } from "../network/ports.js";
import { startPds } from "../pds/pds.js";
import { seedWorld, type SeedOptions, type SeededWorld } from "../seed/world.js";
import { startDocketStore } from "./docket-store.js";
import { openHome, type Home } from "./home.js";
import { startService } from "./service.js";

export interface WorldOptions {
  /** Everything that outlives the world is in here. */
  folder: string;
  /** Forget everything first. */
  reset: boolean;
  /** DOCKET_URL and DATABASE_URL of the person who starts this, which go before what we would start. */
  env: NodeJS.ProcessEnv;
  /** Gets a line for each step, and the service's warnings. */
  say: (line: string) => void;
}

export interface World {
  url: string;
  listener: { handle: string; password: string };
  /** What stands around the service, a line each. */
  surroundings: readonly string[];
  /** Resolves when the service has ended by itself, which it shouldn't. */
  serviceEnded(): Promise<void>;
  /** Stops everything in order: the service first, which finishes what it has begun. */
  stop(): Promise<void>;
}

const NAMESPACE = "fm.plyr.dev";

/** Starts PDS, PLC directory, Redis where there is one, and the service; seeds; resolves when all of it answers. */
export async function startWorld({ folder, reset, env, say }: WorldOptions): Promise<World> {
  const home = await openHome(folder, { reset });
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of started.splice(0).reverse()) await close();
  };
  try {
    say("Starting a PDS and its PLC directory …");
    const pds = await startPds({ dataDir: home.pds, port: home.ports.pds, plcPort: home.ports.plc });
    started.push(() => pds.close());
    const store = await startDocketStore(home, env["DOCKET_URL"]);
    started.push(() => store.close());
    say("Releasing the artist's tracks …");
    const { listener } = await seed(home, env["DATABASE_URL"], pds);

    say("Starting the service …");
    const url = `http://${LOOPBACK}:${String(home.ports.service)}`;
    const service = await startService({
      url,
      logFile: home.log,
      onTrouble: say,
      env: {
        PLYR_ENV: "development",
        HOST: LOOPBACK,
        PORT: String(home.ports.service),
        PUBLIC_URL: url,
        DATA_DIR: home.data,
        COLLECTION_NAMESPACE: NAMESPACE,
        PLC_URL: pds.plcUrl,
        HANDLE_RESOLVER_URL: pds.url,
        ...(store.url === undefined ? {} : { DOCKET_URL: store.url }),
      },
    });
    started.push(() => service.stop());
    return {
      url,
      listener,
      surroundings: [
        `PDS      ${pds.url}`,
        `PLC      ${pds.plcUrl}`,
        `Redis    ${store.description}`,
        `Log      ${home.log}`,
      ],
      serviceEnded: () => service.ended(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Before the service starts, because only one process at a time can open the embedded database. */
async function seed(
  home: Home,
  databaseUrl: string | undefined,
  pds: SeedOptions["pds"],
): Promise<SeededWorld> {
  const database = await openDatabase({
    dataDir: home.data,
    ...(databaseUrl === undefined || databaseUrl === "" ? {} : { databaseUrl }),
  });
  try {
    await migrateToLatest(database);
    return await seedWorld({ pds, namespace: NAMESPACE, adopt: (track) => adoptTrack(database, track) });
  } finally {
    await database.destroy();
  }
}
