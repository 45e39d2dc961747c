import { setTimeout as pause } from "node:timers/promises";
import { sql, type Kysely } from "kysely";
import type { Logger } from "pino";
import { openAuth, type Auth } from "./auth/auth.js";
import { BrowserSessions } from "./auth/browser-sessions.js";
import { sealWithFirstKey } from "./auth/seal-with-first-key.js";
import { openClientKeys } from "./auth/client-keys.js";
import { DeveloperTokens } from "./auth/developer-tokens.js";
import { lacksForPublishing } from "./auth/publishing.js";
import { askedScope, scrobblingScope } from "./auth/scope.js";
import { ClosingOrder } from "./closing-order.js";
import { openComments } from "./comments/comments.js";
import { migrateToLatest } from "./database/migrate.js";
import { openDatabase } from "./database/open.js";
import type { Schema } from "./database/schema.js";
import { Expirer } from "./exports/expirer.js";
import { openExports } from "./exports/exports.js";
import { openApp, openHealthApp } from "./http/app.js";
import { listen, type Listener } from "./http/listen.js";
import { scansOf, takenDown } from "./scans/scan-state.js";
import { webhookOf } from "./notices/open.js";
import { routesOf } from "./http/route-list.js";
import { openLikes } from "./likes/likes.js";
import { openMonitoring, type Monitoring } from "./monitoring/open.js";
import { openAlbums } from "./lists/albums.js";
import { followLikes } from "./lists/liked-list.js";
import { likedListView } from "./lists/liked-view.js";
import { openOperatorApp } from "./operator/app.js";
import type { OperatorServices } from "./operator/services.js";
import { listenOnSocket, operatorSocket, whyNoSocket } from "./operator/socket.js";
import { openPlays } from "./plays/plays.js";
import { openPreferences, wantsScrobbles } from "./plays/preferences.js";
import { scrobblesOf } from "./plays/scrobbles-view.js";
import { hostsOnHold } from "./pds/holds.js";
import { openDepartures } from "./people/departures.js";
import { countUnsettled } from "./records/write-state.js";
import { openRepositories, type Repositories } from "./repository/open.js";
import { readRedisCertificates } from "./settings/redis-certificates.js";
import { loadSessionKeys } from "./settings/session-key.js";
import type { Settings } from "./settings/settings.js";
import { serviceVersion } from "./settings/version.js";
import { openStorage } from "./storage/open.js";
import type { Storage } from "./storage/storage.js";
import { registry as allTasks, type RegisteredTask } from "./tasks/registry.js";
import { openBackground, type Background } from "./tasks/background.js";
import { syncPerson } from "./tasks/sync-person.js";
import { startWatch } from "./operating/watch.js";
import { announce } from "./telemetry/announce.js";
import { openHealth, type HealthReport } from "./telemetry/health.js";
import { findAudio } from "./tracks/find-audio.js";
import { listTracks } from "./tracks/list-tracks.js";
import { Reaper } from "./tracks/reaper.js";
import { openReleases } from "./tracks/releases.js";
import { uploadsOf } from "./tracks/upload-progress.js";
import { openWaitingWrites } from "./waiting/waiting.js";

export interface ServiceOptions {
  settings: Settings;
  log: Logger;
  /** Default: every task of the service. */
  registry?: readonly RegisteredTask[];
  /** Told when the running service has become useless and should be stopped and reported. */
  onFatal?: (error: unknown) => void;
}

export interface Service {
  /** Where HTTP is answered; null for a worker without PORT. */
  readonly url: string | null;
  /** What is answered there, as `METHOD /path/:parameter`; each once. */
  readonly routes: readonly string[];
  /**
   * Ends in order: not ready any more, after a notice no new requests, what runs is drained for 30 s at most, everything is let go. Calling it again waits for
   * the same end.
   */
  stop(): Promise<void>;
}

interface Parts {
  db: Kysely<Schema>;
  auth: Auth;
  storage: Storage;
  repositories: Repositories;
  background: Background;
  registry: readonly RegisteredTask[];
  monitoring: Monitoring;
}

/**
 * Composes and starts one process of the service. HTTP answers when this resolves, whether or not Redis does.
 *
 * @throws when a setting turns out wrong, the database can't be opened, or the address is taken; nothing is left open then
 */
export async function startService({
  settings,
  log,
  onFatal,
  registry = allTasks,
}: ServiceOptions): Promise<Service> {
  const closing = new ClosingOrder();
  try {
    const parts = await openParts(settings, log, closing, registry);
    const health = await openHealthOf(settings, log, parts);
    const { host, port, publicUrl, notice } = settings.http;
    const app = appOf(settings, log, parts, health);
    if (port !== null) {
      const listener = await listen(app, host, port);
      closing.add(() => listener.stop());
    }
    const socket = await answerOperator(settings, log, parts);
    if (socket !== null) closing.add(() => socket.stop());
    // Not awaited: with Redis away its worker starts when Redis is back, and requests are answered meanwhile.
    parts.background.start().catch((error: unknown) => {
      log.fatal({ err: error }, "background work can't start");
      onFatal?.(error);
    });
    announce(settings, log, await health());
    closing.add(async () => {
      parts.monitoring.drain();
      // Whoever sends requests here is to find out, and send them elsewhere, before they are refused.
      if (port !== null) await pause(notice);
    });
    return {
      url: port === null ? null : publicUrl,
      routes: port === null ? [] : routesOf(app),
      stop: () => closing.close(),
    };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

async function openParts(
  settings: Settings,
  log: Logger,
  closing: ClosingOrder,
  registry: readonly RegisteredTask[],
): Promise<Parts> {
  const { database, docket } = settings;
  const sessionKeys = await loadSessionKeys(settings.sessionKeys, database.dataDir);
  const docketCertificates = await readRedisCertificates(docket);
  const monitoring = openMonitoring(settings, log);
  closing.add(() => monitoring.close());
  const db = await openDatabase({
    onQuery: monitoring.onQuery,
    databaseUrl: database.url,
    dataDir: database.dataDir,
    onBrokenConnection: (err) => {
      log.warn({ err }, "a database connection broke");
    },
  });
  closing.add(() => db.destroy());
  await migrateToLatest(db);
  monitoring.start(db);
  closing.add(() => monitoring.stop());
  const storage = await openStorage(settings.storage, log);
  closing.add(() => {
    storage.close();
    return Promise.resolve();
  });

  const repositories = openRepositories(settings);
  const auth = openAuth({
    db,
    databaseUrl: database.url,
    sessionKey: sessionKeys.current,
    otherSessionKeys: sessionKeys.others,
    publicUrl: settings.http.publicUrl,
    clientKeys: await openClientKeys(settings.oauthKeys),
    scope: askedScope(settings.collectionNamespace),
    extra: {
      scope: scrobblingScope(settings.teal),
      wantedBy: (identifier) => wantsScrobbles(db, settings.teal, identifier),
    },
    environment: settings.environment,
    plcUrl: settings.plcUrl,
    handleResolverUrl: settings.handleResolverUrl,
    homes: repositories.homes,
    log,
    // Carried out later: a sign-in waits for no PDS, and for no Redis.
    onSignIn: async (did) => {
      await background.outbox.schedule(syncPerson, { did });
    },
  });
  closing.add(() => auth.close());

  const background = await openBackground({
    db,
    docketUrl: docket.url,
    docketCertificates,
    docketName: docket.name,
    concurrency: docket.concurrency,
    worker: settings.role !== "api",
    workerSleep: docket.sleep,
    version: serviceVersion(),
    registry,
    restore: auth.restore,
    markGrantLost: auth.markGrantLost,
    endGrant: auth.endGrant,
    storage,
    repositories,
    namespace: settings.collectionNamespace,
    publicUrl: settings.http.publicUrl,
    scans: settings.scans,
    webhook: webhookOf(settings),
    alertsEvery: settings.alertsEvery,
    budget: docket.budget,
    exports: { keep: settings.exportKeep },
    trace: monitoring.trace,
    log,
  });
  const watch = startWatch({ db, background, role: settings.role, log });
  closing.add(() => watch.end());
  closing.add(() => background.stop({ drain: "30s" }));
  closing.add(() => watch.stop());
  const reaper = new Reaper({ db, storage, log });
  closing.add(() => reaper.stop());
  reaper.start();
  const expirer = new Expirer({ db, outbox: background.outbox, log });
  closing.add(() => expirer.stop());
  expirer.start();
  return { db, auth, storage, repositories, background, registry, monitoring };
}

async function openHealthOf(
  settings: Settings,
  log: Logger,
  { db, auth, background }: Parts,
): Promise<() => Promise<HealthReport>> {
  return openHealth({
    role: settings.role,
    askHeldHosts: () => hostsOnHold(db),
    askDatabase: () => sql`select 1`.execute(db),
    askDocket: () => background.health(),
    docketMode: () => background.mode(),
    standingWarnings: await sealWithFirstKey(auth, log),
  });
}

function appOf(settings: Settings, log: Logger, parts: Parts, health: () => Promise<HealthReport>) {
  if (settings.role === "worker") return openHealthApp(log, health, parts.monitoring.forHttp(parts));
  const { db, auth, storage, background } = parts;
  const { collectionNamespace: namespace, maxUploadBytes } = settings;
  const { publicUrl } = settings.http;
  const { outbox } = background;
  return openApp({
    publicUrl,
    environment: settings.environment,
    webDir: settings.http.webDir,
    log,
    health,
    monitoring: parts.monitoring.forHttp(parts),
    auth,
    sessions: new BrowserSessions(db),
    likes: openLikes({ db, outbox, namespace, after: followLikes(namespace) }),
    tokens: new DeveloperTokens(db),
    waiting: openWaitingWrites({ db, outbox, namespace, hasten: background.hasten }),
    departures: openDepartures({ db, outbox }),
    comments: openComments({ db, outbox, namespace }),
    scansOf: (did) => scansOf(db, did),
    takenDown: (did) => takenDown(db, did),
    albums: openAlbums({ db, outbox, namespace }),
    likedList: (did) => likedListView(db, did),
    plays: openPlays({ db, outbox, publicUrl, teal: settings.teal }),
    preferences: openPreferences({ db, outbox, teal: settings.teal }),
    scrobblesOf: (did) => scrobblesOf(db, settings.teal, did),
    listTracks: (viewer) => listTracks(db, viewer),
    releases: openReleases({ db, outbox, storage, namespace, publicUrl, maxUploadBytes }),
    exports: openExports({ db, outbox }),
    storage,
    findAudio: (trackId) => findAudio(db, trackId),
    uploadsOf: (did, id) => uploadsOf(db, did, id),
    lacksForPublishing: (did) => lacksForPublishing(db, namespace, did),
    maxUploadBytes,
    countUnsettled: (did) => countUnsettled(db, did),
    adminDids: settings.adminDids,
    operator: operatorServices(settings, log, parts),
  });
}

/** Whoever has the embedded database answers its operator; a server's they reach by themselves. */
async function answerOperator(settings: Settings, log: Logger, parts: Parts): Promise<Listener | null> {
  if (settings.database.url !== undefined) return null;
  const path = operatorSocket(settings.database.dataDir);
  const hindrance = whyNoSocket(path);
  if (hindrance === null)
    return listenOnSocket(openOperatorApp(operatorServices(settings, log, parts)), path);
  log.warn({}, hindrance);
  return null;
}

function operatorServices(settings: Settings, log: Logger, parts: Parts): OperatorServices {
  const { db, background, repositories, registry } = parts;
  const { docket, collectionNamespace: namespace } = settings;
  const { publicUrl } = settings.http;
  return { db, background, registry, repositories, namespace, publicUrl, budget: docket.budget, log };
}
