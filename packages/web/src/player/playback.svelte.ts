import type { Track } from "../api/answers.js";

type Playable = Pick<Track, "id" | "title" | "audioUrl" | "duration">;

/** The one thing that sounds on this page: starting a track stops the one before it. */
export class Playback {
  /** The track that was started last. */
  track = $state.raw<Playable | null>(null);
  playing = $state(false);
  /** Playing was asked for, and no sound has come yet. */
  loading = $state(false);
  /** Seconds from the start. */
  position = $state(0);
  /** Seconds; the service's word until the browser knows better. */
  duration = $state(0);
  /** Why the track can't be heard; null: it can, or nobody tried. */
  trouble = $state<string | null>(null);

  #element: HTMLAudioElement | null = null;

  /** Attachment for the page's `<audio>`: makes this object its remote control. */
  readonly drive = (element: HTMLAudioElement): (() => void) => {
    this.#element = element;
    const listeners = new AbortController();
    const on = (event: keyof HTMLMediaElementEventMap, react: () => void) => {
      element.addEventListener(event, react, { signal: listeners.signal });
    };
    on("play", () => (this.playing = true));
    on("pause", () => (this.playing = this.loading = false));
    on("waiting", () => (this.loading = true));
    on("playing", () => (this.loading = false));
    on("timeupdate", () => (this.position = element.currentTime));
    on("seeking", () => (this.position = element.currentTime));
    on("durationchange", () => {
      if (Number.isFinite(element.duration)) this.duration = element.duration;
    });
    on("ended", () => (element.currentTime = 0));
    on("error", () => {
      this.#fail(element.error?.code === MediaError.MEDIA_ERR_NETWORK ? "the download broke off" : undefined);
    });
    return () => {
      listeners.abort();
      element.pause();
      this.#element = null;
    };
  };

  /** Plays the track, or pauses it when it plays. A failure shows in `trouble`. */
  toggle(track: Playable): void {
    const element = this.#element;
    if (element === null) return;
    if (track.id !== this.track?.id || this.trouble !== null) this.#load(element, track);
    else if (!element.paused) {
      element.pause();
      return;
    }
    this.loading = true;
    element.play().catch((cause: unknown) => {
      // Another click came first: not a failure.
      if (cause instanceof DOMException && cause.name === "AbortError") return;
      this.#fail();
    });
  }

  /** @param seconds from the start of the current track */
  seek(seconds: number): void {
    if (this.#element !== null) this.#element.currentTime = seconds;
    this.position = seconds;
  }

  isPlaying(trackId: number): boolean {
    return this.playing && this.track?.id === trackId;
  }

  #load(element: HTMLAudioElement, track: Playable): void {
    this.track = track;
    this.trouble = null;
    this.position = 0;
    this.duration = track.duration;
    element.src = track.audioUrl;
  }

  #fail(reason = "the audio can’t be fetched or isn’t of a kind that this browser plays"): void {
    this.playing = this.loading = false;
    this.trouble = `Can’t play this: ${reason}.`;
  }
}
