import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requestId } from "hono/request-id";
import type { Logger } from "pino";
import type { Auth } from "../auth/auth.js";
import type { BrowserSessions } from "../auth/browser-sessions.js";
import type { Comments } from "../comments/comments.js";
import type { Likes } from "../likes/likes.js";
import type { HealthReport } from "../telemetry/health.js";
import type { ListedTrack } from "../tracks/list-tracks.js";
import { authRoutes } from "./auth-routes.js";
import { commentsRoutes } from "./comments-routes.js";
import { Cookies } from "./cookies.js";
import type { HttpEnv } from "./env.js";
import { healthRoutes } from "./health-routes.js";
import { likesRoutes } from "./likes-routes.js";
import { meRoutes } from "./me-routes.js";
import { pages } from "./pages.js";
import { answerError, Problem } from "./problem.js";
import { logRequests } from "./request-log.js";
import { demandSameOrigin } from "./same-origin.js";
import { securityHeaders } from "./security-headers.js";
import { Doorkeeper } from "./signed-in.js";
import { tracksRoutes } from "./tracks-routes.js";

export interface AppOptions {
  publicUrl: string;
  environment: "production" | "development";
  /** Folder of the built pages, absolute. */
  webDir: string;
  log: Logger;
  health: () => Promise<HealthReport>;
  auth: Auth;
  sessions: BrowserSessions;
  likes: Likes;
  comments: Comments;
  listTracks: () => Promise<ListedTrack[]>;
  countUnsettled: (did: string) => Promise<number>;
}

/** None of our requests carries more than a few words. */
const LARGEST_BODY = 64 * 1024;

/** The whole HTTP surface. */
export function openApp(options: AppOptions): Hono<HttpEnv> {
  const { publicUrl, auth, sessions, likes, log } = options;
  const cookies = new Cookies(publicUrl);
  const doorkeeper = new Doorkeeper(sessions, cookies);

  const app = bareApp(log);
  app.use(securityHeaders(publicUrl, options.environment));
  app.use(demandSameOrigin(publicUrl));
  app.use(bodyLimit({ maxSize: LARGEST_BODY }));
  app.route("/", healthRoutes(options.health));
  app.route("/", authRoutes({ auth, sessions, cookies, publicUrl }));
  app.route("/", meRoutes({ doorkeeper, lostGrant: auth.lostGrant, countUnsettled: options.countUnsettled }));
  app.route("/", tracksRoutes({ doorkeeper, listTracks: options.listTracks, likes }));
  app.route("/", likesRoutes(doorkeeper, likes));
  app.route("/", commentsRoutes(doorkeeper, options.comments));
  app.route("/", pages(options.webDir));
  return app;
}

/** For a process that only works: its health, and nothing else. */
export function openHealthApp(log: Logger, health: () => Promise<HealthReport>): Hono<HttpEnv> {
  const app = bareApp(log);
  app.route("/", healthRoutes(health));
  return app;
}

function bareApp(log: Logger): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(requestId());
  app.use(logRequests(log));
  app.onError((error, c) => answerError(error, c, log));
  app.notFound((c) =>
    answerError(new Problem(404, "not_found", `There is nothing at ${c.req.path.slice(0, 80)}`), c, log),
  );
  return app;
}
