import type { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "pino";
import type { Auth } from "../auth/auth.js";
import type { BrowserSessions } from "../auth/browser-sessions.js";
import type { DeveloperTokens } from "../auth/developer-tokens.js";
import type { Comments } from "../comments/comments.js";
import type { Exports } from "../exports/exports.js";
import type { Likes } from "../likes/likes.js";
import type { Albums } from "../lists/albums.js";
import type { LikedListView } from "../lists/liked-view.js";
import type { Departures } from "../people/departures.js";
import type { HttpMonitoring } from "../monitoring/for-http.js";
import type { OperatorServices } from "../operator/services.js";
import type { Plays } from "../plays/plays.js";
import type { Preferences } from "../plays/preferences.js";
import type { ScrobbleView } from "../plays/scrobbles-view.js";
import type { HealthReport } from "../telemetry/health.js";
import type { ScanState, TakenDown } from "../scans/scan-state.js";
import type { ListedTrack } from "../tracks/list-tracks.js";
import type { Storage } from "../storage/storage.js";
import type { FoundAudio } from "../tracks/find-audio.js";
import type { Releases } from "../tracks/releases.js";
import type { UploadProgress } from "../tracks/upload-progress.js";
import { albumsRoutes } from "./albums-routes.js";
import type { WaitingWrites } from "../waiting/waiting.js";
import { accountRoutes } from "./account-routes.js";
import { audioForEverybody, audioRoutes } from "./audio-routes.js";
import { authRoutes } from "./auth-routes.js";
import { bareApp } from "./bare-app.js";
import { commentsRoutes } from "./comments-routes.js";
import { Cookies } from "./cookies.js";
import type { HttpEnv } from "./env.js";
import { exportsRoutes } from "./exports-routes.js";
import { healthRoutes } from "./health-routes.js";
import { likesRoutes } from "./likes-routes.js";
import { monitoringRoutes } from "./monitoring-routes.js";
import { meRoutes } from "./me-routes.js";
import { adminRoutes, adminStatusRoutes } from "./admin-routes.js";
import { pages } from "./pages.js";
import { playsRoutes } from "./plays-routes.js";
import { releasesRoutes } from "./releases-routes.js";
import { demandSameOrigin } from "./same-origin.js";
import { securityHeaders } from "./security-headers.js";
import { Doorkeeper } from "./signed-in.js";
import { takenDownRoutes } from "./taken-down-routes.js";
import { tokensRoutes } from "./tokens-routes.js";
import { tracksRoutes } from "./tracks-routes.js";
import { uploadsRoutes } from "./uploads-routes.js";
import { waitingRoutes } from "./waiting-routes.js";

export interface AppOptions {
  publicUrl: string;
  environment: "production" | "development";
  /** Folder of the built pages, absolute. */
  webDir: string;
  log: Logger;
  health: () => Promise<HealthReport>;
  monitoring: HttpMonitoring;
  auth: Auth;
  sessions: BrowserSessions;
  tokens: DeveloperTokens;
  waiting: WaitingWrites;
  departures: Departures;
  likes: Likes;
  comments: Comments;
  albums: Albums;
  likedList: (did: string) => Promise<LikedListView>;
  plays: Plays;
  preferences: Preferences;
  scrobblesOf: (did: string) => Promise<ScrobbleView[]>;
  listTracks: (viewer: string | null) => Promise<ListedTrack[]>;
  /** By track. */
  scansOf: (did: string) => Promise<ReadonlyMap<number, ScanState>>;
  takenDown: (did: string) => Promise<TakenDown[]>;
  releases: Releases;
  exports: Exports;
  storage: Storage;
  findAudio: (trackId: number) => Promise<FoundAudio>;
  uploadsOf: (did: string, id?: string) => Promise<UploadProgress[]>;
  lacksForPublishing: (did: string) => Promise<string[]>;
  maxUploadBytes: number;
  countUnsettled: (did: string) => Promise<number>;
  /** Who may do what operators do. */
  adminDids: readonly string[];
  operator: OperatorServices;
}

/** No request but an upload carries more than a few words. */
const LARGEST_BODY = 64 * 1024;

/** The whole HTTP surface. */
export function openApp(options: AppOptions): Hono<HttpEnv> {
  const { publicUrl, auth, sessions, tokens, waiting, departures, likes, log } = options;
  const { countUnsettled } = options;
  const cookies = new Cookies(publicUrl);
  const doorkeeper = new Doorkeeper(sessions, tokens, cookies);

  const app = bareApp(log, options.monitoring);
  const audio = audioForEverybody();
  app.use(audio.path, audio.handler);
  app.use(securityHeaders(publicUrl, options.environment));
  app.use(demandSameOrigin(publicUrl, (c) => doorkeeper.isProgram(c)));
  const fewWords = bodyLimit({ maxSize: LARGEST_BODY });
  app.use((c, next) => (hasOwnLimit(c.req.method, c.req.path) ? next() : fewWords(c, next)));
  app.route("/", healthRoutes(options.health));
  app.route("/", monitoringRoutes(options.monitoring));
  app.route("/", authRoutes({ auth, sessions, cookies, publicUrl, departures, waiting, countUnsettled }));
  app.route("/", meRoutes({ doorkeeper, lostGrant: auth.lostGrant, countUnsettled }));
  app.route("/", tokensRoutes(doorkeeper, tokens));
  app.route("/", waitingRoutes(doorkeeper, waiting));
  app.route("/", accountRoutes({ doorkeeper, departures, cookies }));
  app.route("/", tracksRoutes({ ...options, doorkeeper }));
  app.route("/", takenDownRoutes(doorkeeper, options.takenDown));
  app.route("/", likesRoutes(doorkeeper, likes));
  app.route("/", commentsRoutes(doorkeeper, options.comments));
  app.route("/", albumsRoutes({ doorkeeper, albums: options.albums, likedList: options.likedList }));
  app.route("/", playsRoutes({ ...options, doorkeeper, cookies }));
  app.route("/", uploadsRoutes({ doorkeeper, uploadsOf: options.uploadsOf }));
  app.route("/", releasesRoutes({ ...options, doorkeeper }));
  app.route("/", exportsRoutes({ ...options, doorkeeper }));
  app.route("/", audioRoutes(options));
  app.route("/operator", adminRoutes({ ...options, doorkeeper }));
  app.route("/admin", adminStatusRoutes({ ...options, doorkeeper }));
  app.route("/", pages(options.webDir));
  return app;
}

/** Uploads, which are never held in memory, and what operators ask: once it is known who they are. */
function hasOwnLimit(method: string, path: string): boolean {
  return (method === "POST" && (path === "/tracks" || path === "/tracks/")) || path.startsWith("/operator/");
}

/** For a process that only works: its health, and nothing else. */
export function openHealthApp(
  log: Logger,
  health: () => Promise<HealthReport>,
  monitoring: HttpMonitoring,
): Hono<HttpEnv> {
  const app = bareApp(log);
  app.route("/", healthRoutes(health));
  app.route("/", monitoringRoutes(monitoring));
  return app;
}
