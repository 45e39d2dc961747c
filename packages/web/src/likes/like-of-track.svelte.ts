import type { Track } from "../api/answers.js";
import { likesOfOthers } from "./like-count.js";
import { LikeFlow, type LikeFlowParts, type LikeView } from "./like-flow.js";
import { wordsFor } from "./write-words.js";

/** Milliseconds that `removed from your PDS` stays before it fades. */
const REMOVAL_SHOWN_MS = 5_000;

/** A signed-in person's like of a track as reactive state. Belongs to one component: made and dropped with it. */
export class LikeOfTrack {
  readonly #flow: LikeFlow;
  readonly #others: number;
  #view = $state.raw<LikeView>({
    liked: false,
    sending: false,
    write: null,
    removed: false,
    trouble: null,
    unheard: false,
  });

  readonly words = $derived(wordsFor(this.#view));

  /** @param onChange hears of every new view, after the page's state has changed */
  constructor(track: Track, parts: Omit<LikeFlowParts, "trackId">) {
    this.#others = likesOfOthers(track);
    this.#flow = new LikeFlow(track.like ?? { liked: false, write: null }, {
      ...parts,
      trackId: track.id,
      onChange: (view) => {
        this.#view = view;
        parts.onChange(view);
      },
    });
    this.#view = this.#flow.view;

    $effect(() => {
      this.#flow.start();
      return () => {
        this.#flow.stop();
      };
    });
    $effect(() => {
      if (!this.#view.removed) return;
      const timer = setTimeout(() => {
        this.#flow.dismissRemoval();
      }, REMOVAL_SHOWN_MS);
      return () => {
        clearTimeout(timer);
      };
    });
  }

  get liked(): boolean {
    return this.#view.liked;
  }

  get count(): number {
    return this.#others + (this.liked ? 1 : 0);
  }

  toggle(): void {
    this.#flow.set(!this.liked);
  }
}
