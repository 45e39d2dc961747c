import { waitingComments } from "../comments/waiting-comments.js";
import { waitingLikes } from "../likes/waiting-likes.js";
import { waitingLists } from "../lists/waiting-lists.js";
import { waitingPlays } from "../plays/waiting-plays.js";
import { waitingTracks } from "../tracks/waiting-tracks.js";
import type { WaitingFamily } from "./family.js";

/** Every kind of record whose writes can be cancelled, each once. What is of no kind is listed all the same. */
export const waitingFamilies: readonly WaitingFamily[] = [
  waitingLikes,
  waitingComments,
  waitingTracks,
  waitingLists,
  waitingPlays,
];
