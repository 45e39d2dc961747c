import { Docket, type CommandCounts, type Duration, type Log, type Trace } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { buryIntent } from "../outbox/burial.js";
import { Carrier } from "../outbox/carry.js";
import { Dispatcher, type Mode } from "../outbox/dispatcher.js";
import { checkAllNow, type Intent } from "../outbox/intents.js";
import { Outbox } from "../outbox/outbox.js";
import type { LeaseTimes } from "../outbox/lease-renewal.js";
import { Sweep } from "../outbox/sweep.js";
import { cancelEverywhere } from "../outbox/cancel-everywhere.js";
import { PdsClient, type PdsSession } from "../pds/client.js";
import type { Hold } from "../pds/holds.js";
import { Pacing } from "../pds/pacing.js";
import { Prober } from "../pds/prober.js";
import { outagePauses, pauseAfter, type Pauses } from "../records/pauses.js";
import { countingSession } from "../points/counting-session.js";
import { Points } from "../points/points.js";
import { SETTLE } from "../records/reconcile.js";
import { resumeParked } from "../records/resume-parked.js";
import type { Repositories } from "../repository/open.js";
import { noticeDeadLetter } from "../notices/dead-letter.js";
import type { RedisCertificates } from "../settings/redis-certificates.js";
import type { Webhook } from "../notices/webhook.js";
import { defaultScanSettings, openScanning, type ScanSettings } from "../scans/open.js";
import { Striker } from "../strikes/striker.js";
import type { Storage } from "../storage/storage.js";
import { evaluateAlerts } from "../alerts/evaluate-alerts.js";
import type { Concern } from "../operating/concerns.js";
import { lookAround } from "../operating/facts.js";
import { askDocket, type BackgroundHealth, type QueueSeen } from "../operating/docket-health.js";
import { gatherCrowds } from "./gather-crowds.js";
import { HeldWork } from "./held-work.js";
import { registry as allTasks, type RegisteredTask } from "./registry.js";
import { untraced, type HandingOver } from "../tracing/handing-over.js";
import { untracedTogether, type Together } from "../tracing/together.js";
import type { ExportTimes, TaskServices } from "./services.js";

export interface BackgroundOptions {
  /** Migrated. */
  readonly db: Kysely<Schema>;
  /** Unset: docket is disabled, and tasks run in process. */
  readonly docketUrl?: string | undefined;
  /** PEM: by whom a `rediss://` server's may be signed (default: those that Node trusts), and what one that asks is shown. */
  readonly docketCertificates?: RedisCertificates;
  readonly docketName: string;
  /** How many tasks run at once in this process, in each of its two queues. */
  readonly concurrency: number;
  /** Whether this process also works off what is in docket. What falls back runs in process in any case. */
  readonly worker: boolean;
  /** How long docket's worker sleeps between two signs of life; milliseconds, default 125,000. */
  readonly workerSleep?: number;
  /** What it says of itself. */
  readonly version?: string;
  readonly restore: (did: string) => Promise<PdsSession>;
  readonly markGrantLost: (did: string, reason: string) => Promise<void>;
  /** Default: there is no grant to end. */
  readonly endGrant?: (did: string) => Promise<void>;
  readonly storage: Storage;
  readonly repositories: Repositories;
  /** The NSIDs of our records begin with it. */
  readonly namespace: string;
  /** Under which others find the service; for scanners that fetch audio. Default: nowhere that others reach. */
  readonly publicUrl?: string;
  /** Default: `defaultScanSettings`. */
  readonly scans?: ScanSettings;
  /** Default: none. */
  readonly webhook?: Webhook | undefined;
  readonly log: Log;
  /** Default: every task of the service. */
  readonly registry?: readonly RegisteredTask[];
  /** Milliseconds, all of them; the defaults are 5,000, 1,000, 1,000, 15,000 and 30,000. */
  readonly sweepInterval?: number;
  readonly strikeInterval?: number;
  /** Between two looks for what is wrong, at least 1,000; default 600,000. */
  readonly alertsEvery?: number;
  /** Commands to Redis that a day may cost; default 10,000. */
  readonly budget?: number;
  readonly probeInterval?: number;
  readonly callLimit?: number;
  readonly settle?: number;
  readonly pauses?: Pauses;
  readonly leaseTimes?: LeaseTimes;
  /** Defaults: 7 days, and 2 minutes. */
  readonly exports?: Partial<ExportTimes>;
  /** Default: nothing is traced. */
  readonly trace?: {
    readonly engine: Trace;
    readonly handingOver: HandingOver;
    readonly together: Together;
  };
}

/** All that carries out what was accepted. */
export interface Background {
  readonly outbox: Outbox<TaskServices>;
  /**
   * Starts the in-process worker, the sweep, and docket's worker. Resolves when docket's worker can claim too, so not
   * before Redis answers; all else goes on meanwhile.
   */
  readonly start: () => Promise<void>;
  /** Takes no new work, lets what runs finish for at most `drain` (default 30 s), and lets go of Redis. */
  readonly stop: (options?: { drain?: Duration }) => Promise<void>;
  /** To be called when a person has signed in: their parked writes go on. */
  readonly resumeParked: (did: string) => Promise<void>;
  /** Where tasks wait, run and die: docket, if it is enabled, and the in-process queue. */
  readonly queues: readonly Docket<TaskServices>[];
  /** What the queues know of these intents. */
  readonly find: Dispatcher<TaskServices>["find"];
  /** Has the queues know what the database says is struck. */
  readonly tellStrikes: () => Promise<void>;
  /** Has the work know of a hold that was placed. */
  readonly tellHold: (hold: Hold) => Promise<void>;
  /** Gives an intent up for this reason, and stops its run. @returns false when it was not open */
  readonly giveUp: (intentId: string, reason: string) => Promise<boolean>;
  /** Has put-off intents carried out soon; returns at once. */
  readonly hasten: (intents: readonly Intent[]) => void;
  /** What holds up calls for a person now; undefined when they may be made. */
  readonly heldNow: (did: string) => Promise<Hold | undefined>;
  /** How tasks are carried out at the moment, as far as is known. */
  readonly mode: () => Mode;
  readonly health: () => Promise<BackgroundHealth>;
  /** Of that what says whether anybody works; a command to Redis. */
  readonly look: () => Promise<QueueSeen>;
  /** What is wrong at the moment. */
  readonly lookAround: () => Promise<readonly Concern[]>;
  /** What this process has sent to Redis so far. */
  readonly commandsSent: () => CommandCounts;
}

/**
 * Composes the outbox, the two queues and the sweep. Nothing runs before `start`.
 *
 * @throws when `docketUrl` is not a URL that docket knows; never because Redis is away
 */
export async function openBackground(options: BackgroundOptions): Promise<Background> {
  const { db, log } = options;
  const alerts = evaluateAlerts(options.alertsEvery ?? 600_000);
  const registered = options.registry ?? allTasks;
  const tasks = registered.map(({ task }) => task);
  const registeredAs = (name: string) => registered.find(({ task }) => task.name === name);
  const givenUp = (name: string) => registeredAs(name)?.givenUp;
  const bury = (intentId: string, reason: string): Promise<void> =>
    outbox.transact(async (tx, schedule) => {
      const intent = await buryIntent(tx, givenUp, intentId, reason);
      if (intent !== null) await noticeDeadLetter(tx, schedule, intent, reason);
    });

  const carrier = new Carrier({
    db,
    log,
    struck: () => {
      striker.tellAgain();
    },
    troubled: (name) => registeredAs(name)?.troubled,
    maxAge: (name) => tasks.find((task) => task.name === name)?.maxAgeMs ?? Infinity,
    ...(options.leaseTimes === undefined ? {} : { times: options.leaseTimes }),
  });
  const points = new Points(db);
  const scanning = openScanning({
    db,
    storage: options.storage,
    publicUrl: options.publicUrl ?? "http://127.0.0.1",
    settings: options.scans ?? defaultScanSettings,
  });
  const pauses = options.pauses ?? outagePauses;
  const pacing = new Pacing({
    db,
    pauseAfter: (tries) => pauseAfter(tries, pauses),
    placed: (hold) => heldWork.hold(hold),
    refused: (did, hold) => heldWork.notice(did, hold),
    back: () => {
      prober.soon();
    },
  });
  const services: TaskServices = {
    db,
    points,
    pacing,
    pds: new PdsClient({
      restore: async (did) => countingSession(await options.restore(did), points),
      pacing,
      ...(options.callLimit === undefined ? {} : { limit: options.callLimit }),
    }),
    markGrantLost: options.markGrantLost,
    endGrant: options.endGrant ?? (() => Promise.resolve()),
    settle: options.settle ?? SETTLE,
    pauses,
    carrier,
    bury,
    storage: options.storage,
    repositories: options.repositories,
    namespace: options.namespace,
    scanning,
    webhook: options.webhook ?? null,
    exports: { keep: 604_800_000, stall: 120_000, ...options.exports },
    // Made below; nothing runs before then.
    get outbox() {
      return outbox;
    },
    wake: (intents) => dispatcher.wake(intents),
    goOn: (intents) => goOn(intents),
    together: options.trace?.together ?? untracedTogether,
    lookAround: () => around(),
  };
  const { engine: trace, handingOver = untraced } = options.trace ?? {};
  const shared = {
    ...{ name: options.docketName, services, log, trace, around: carrier.around.bind(carrier) },
    ...(options.version === undefined ? {} : { version: options.version }),
  };
  // What comes by itself comes in one queue.
  const { docketUrl: url, docketCertificates: certificates } = options;
  const local = await Docket.open({ ...shared, tasks: url === undefined ? [...tasks, alerts] : tasks });
  const docket =
    url === undefined
      ? undefined
      : await Docket.open({ ...shared, tasks: [...tasks, alerts], url, ...certificates });

  const dispatcher = new Dispatcher({ docket, local, tasks, bury, log, trace: handingOver });
  const outbox = new Outbox(db, dispatcher, handingOver);
  const gather = (intents: readonly Intent[]) => gatherCrowds(services, intents);
  const goOn = async (intents: readonly Intent[]) => dispatcher.handOverNow(await gather(intents));
  const sweep = new Sweep({
    ...{ db, dispatcher, bury, log, interval: options.sweepInterval ?? 5_000 },
    gather,
  });
  const queues = docket === undefined ? [local] : [docket, local];
  const striker = new Striker({ db, queues, log, interval: options.strikeInterval ?? 1_000 });
  const heldWork = new HeldWork({ db, dispatcher, goOn, log });
  const prober = new Prober({
    db,
    tryOne: (host) => heldWork.tryOne(host),
    release: (hold) => heldWork.release(hold),
    log,
    interval: options.probeInterval ?? 1_000,
  });
  const { concurrency } = options;
  const inProcess = local.worker({ concurrency });
  const ofDocket = options.worker
    ? docket?.worker({ concurrency, sleep: options.workerSleep ?? 125_000 })
    : undefined;
  let [starting, stopped] = [ofDocket !== undefined, false];
  const { health, look } = askDocket({ docket, mode: () => dispatcher.mode, isStarting: () => starting });
  const around = (): Promise<Concern[]> =>
    lookAround({ db, health, queue: docket, budget: options.budget ?? 10_000 });

  return {
    outbox,

    async start() {
      // Nobody else knows what was in the memory of the process before this one.
      if (docket === undefined) await checkAllNow(db);
      // Before anything runs, if that can be had.
      if (!stopped) await striker.round();
      await inProcess.start();
      // Told to end meanwhile, it must begin nothing that nobody would end.
      if (stopped) return;
      striker.start();
      sweep.start();
      prober.start();
      await ofDocket?.start();
      starting = false;
    },

    async stop({ drain = "30s" } = {}) {
      stopped = true;
      await Promise.all([sweep.stop(), prober.stop(), striker.stop()]);
      await dispatcher.settled();
      await Promise.all([inProcess.stop({ drain }), ofDocket?.stop({ drain })]);
      await docket?.close();
      await local.close();
      await scanning.close();
    },

    async resumeParked(did) {
      await goOn(await resumeParked(db, did));
    },

    queues,
    find: (ids) => dispatcher.find(ids),
    tellStrikes: () => striker.round(),
    tellHold: (hold) => heldWork.hold(hold),
    async giveUp(intentId, reason) {
      const buried = await outbox.transact((tx) => buryIntent(tx, givenUp, intentId, reason));
      if (buried !== null) await cancelEverywhere(queues, intentId);
      return buried !== null;
    },
    hasten: (intents) => {
      dispatcher.hasten(intents);
    },

    heldNow: (did) => pacing.heldNow(did),
    mode: () => dispatcher.mode,

    health,
    look,
    lookAround: around,
    commandsSent: () => (docket ?? local).commandsSent(),
  };
}
