import type * as z from "zod/mini";
import { albumsService, type AlbumsService } from "./albums.js";
import {
  CommentAnswer,
  Comments,
  Deleted,
  Edited,
  ErrorAnswer,
  LikeAnswer,
  Me,
  Tracks,
  UploadProgress,
  type Comment,
  type Track,
} from "./answers.js";
import { TakenDown, type TakenDown as TakenDownTrack } from "../scans/scan-answers.js";
import { playsService, type PlaysService } from "./plays.js";
import { accountService, type AccountService } from "./account.js";
import { MusicExport, MusicExports } from "./export-answers.js";
import { NoAnswer, Refused, SignedOut } from "./failures.js";

/** The plyr service as this page uses it. Every method rejects with a `ServiceFailure`. */
export interface Service extends AccountService {
  /** Who is signed in; null: nobody. */
  me(): Promise<Me | null>;
  readonly albums: AlbumsService;
  readonly plays: PlaysService;
  tracks(): Promise<Track[]>;
  like(trackId: number): Promise<LikeAnswer>;
  unlike(trackId: number): Promise<LikeAnswer>;
  /** How the person's like of a track stands now. `signal` gives the question up. */
  likeOf(trackId: number, signal: AbortSignal): Promise<LikeAnswer>;
  /** What is said about a track, in the order of its moments. `signal` gives the question up. */
  comments(trackId: number, signal: AbortSignal): Promise<Comment[]>;
  /** The comment as it is now; null: nothing is left of it. */
  addComment(trackId: number, text: string, timestampMs: number): Promise<Comment | null>;
  editComment(commentId: number, text: string): Promise<Comment | null>;
  removeComment(commentId: number): Promise<Comment | null>;
  /** How the person's own upload stands now. */
  uploadProgress(uploadId: string): Promise<UploadProgress>;
  /** What the operator has taken down of the person's own. */
  takenDown(): Promise<TakenDownTrack[]>;
  /** Only the artist may. */
  editTrack(trackId: number, change: { title: string; description: string }): Promise<void>;
  /** Only the artist may. Resolves to how many likes of others are taken back with it. */
  deleteTrack(trackId: number): Promise<number>;
  /** The person's exports, the newest first. */
  exports(): Promise<MusicExport[]>;
  /** Begins an export; the one that is under way, if there is one. */
  exportMusic(): Promise<MusicExport>;
  exportState(exportId: string): Promise<MusicExport>;
  /** Cancels an export that is under way, removes one that is over. */
  removeExport(exportId: string): Promise<MusicExport>;
  /**
   * Asks whether a sign-in with this handle can start, so that a refusal can be shown beside the field.
   * Resolves to the address to send the browser to.
   */
  startSignIn(handle: string): Promise<string>;
}

/** Above this many milliseconds without an answer the service counts as unreachable. */
const PATIENCE_MS = 15_000;

/**
 * @param ask  the browser's `fetch`
 * @param base address of the service without a trailing slash; empty for the page's own origin
 */
export function connectService(ask: typeof fetch, base = ""): Service {
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, patience]) : patience;
    try {
      return await ask(base + path, {
        ...init,
        signal,
        cache: "no-store",
        headers: {
          accept: "application/json",
          ...(init.body === undefined ? {} : { "content-type": "application/json" }),
        },
      });
    } catch (cause) {
      throw new NoAnswer("plyr can’t be reached. Check your connection and try again.", { cause });
    }
  }

  async function question<Answer>(
    answer: z.ZodMiniType<Answer>,
    path: string,
    init?: RequestInit,
  ): Promise<Answer> {
    const response = await send(path, init);
    if (!response.ok) throw await failureOf(response);
    const parsed = answer.safeParse(await bodyOf(response));
    if (!parsed.success) {
      throw new NoAnswer("This page doesn’t understand plyr’s answer. Reload it to get the current one.", {
        cause: parsed.error,
      });
    }
    return parsed.data;
  }

  const comment = async (path: string, method: string, body?: object): Promise<Comment | null> =>
    (
      await question(CommentAnswer, path, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    ).comment;

  const commentsPath = (trackId: number) => `/tracks/${String(trackId)}/comments`;
  const commentPath = (commentId: number) => `/tracks/comments/${String(commentId)}`;
  const likePath = (trackId: number) => `/tracks/${String(trackId)}/like`;

  async function order(path: string, init: RequestInit): Promise<void> {
    const response = await send(path, init);
    if (!response.ok) throw await failureOf(response);
  }

  return {
    albums: albumsService(question),
    plays: playsService(question),
    ...accountService({ question, order }),
    async me() {
      try {
        return await question(Me, "/me");
      } catch (failure) {
        if (failure instanceof SignedOut) return null;
        throw failure;
      }
    },
    tracks: async () => (await question(Tracks, "/tracks")).tracks,
    like: (trackId) => question(LikeAnswer, likePath(trackId), { method: "POST" }),
    unlike: (trackId) => question(LikeAnswer, likePath(trackId), { method: "DELETE" }),
    likeOf: (trackId, signal) => question(LikeAnswer, likePath(trackId), { signal }),
    comments: async (trackId, signal) =>
      (await question(Comments, commentsPath(trackId), { signal })).comments,
    addComment: (trackId, text, timestampMs) =>
      comment(commentsPath(trackId), "POST", { text, timestamp_ms: timestampMs }),
    editComment: (commentId, text) => comment(commentPath(commentId), "PATCH", { text }),
    removeComment: (commentId) => comment(commentPath(commentId), "DELETE"),
    uploadProgress: (uploadId) => question(UploadProgress, `/tracks/uploads/${uploadId}/progress`),
    takenDown: async () => (await question(TakenDown, "/tracks/taken-down")).takenDown,
    async editTrack(trackId, change) {
      await question(Edited, `/tracks/${String(trackId)}`, { method: "PATCH", body: JSON.stringify(change) });
    },
    async deleteTrack(trackId) {
      const { likesTakenBack } = await question(Deleted, `/tracks/${String(trackId)}`, { method: "DELETE" });
      return likesTakenBack;
    },
    exports: async () => (await question(MusicExports, "/exports")).exports,
    exportMusic: () => question(MusicExport, "/exports/media", { method: "POST" }),
    exportState: (exportId) => question(MusicExport, `/exports/${exportId}`),
    removeExport: (exportId) => question(MusicExport, `/exports/${exportId}`, { method: "DELETE" }),
    async startSignIn(handle) {
      const path = signInPath(handle);
      const response = await send(path, { redirect: "manual" });
      if (response.type === "opaqueredirect" || response.status === 302) return path;
      throw await failureOf(response);
    },
  };
}

/** Where the browser goes to sign in as `handle`. */
export function signInPath(handle: string): string {
  return `/auth/start?handle=${encodeURIComponent(handle)}`;
}

async function failureOf(response: Response): Promise<SignedOut | Refused | NoAnswer> {
  return failureFrom(response.status, response.status === 401 ? undefined : await bodyOf(response));
}

/** What an answer other than 2xx means. @param body its JSON, undefined when it is none */
export function failureFrom(status: number, body: unknown): SignedOut | Refused | NoAnswer {
  if (status === 401) return new SignedOut();
  const parsed = ErrorAnswer.safeParse(body);
  if (!parsed.success) {
    return new NoAnswer(`plyr answered with an error (HTTP ${String(status)}). Try again in a moment.`);
  }
  const { code, message } = parsed.data.error;
  return status < 500 ? new Refused(code, message) : new NoAnswer(message);
}

/** The answer's JSON; undefined when it is none, which no schema accepts. */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text().catch((cause: unknown) => {
    throw new NoAnswer("plyr’s answer broke off. Try again.", { cause });
  });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
