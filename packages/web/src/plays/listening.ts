import { ServiceFailure } from "../api/failures.js";
import type { PlaysService } from "../api/plays.js";

/** What sounds at a moment. */
export interface Moment {
  readonly trackId: number;
  /** Seconds. */
  readonly duration: number;
  /** Seconds from the start. */
  readonly position: number;
  readonly playing: boolean;
}

/** A step longer than this is a jump, and not listening; seconds. */
const LONGEST_STEP = 2;

/**
 * Tells the service when somebody begins to listen to a track, and when they have heard enough of it: the whole track if
 * it is shorter than 2 minutes, else half of it, 4 minutes at most. What was jumped over was not heard.
 */
export class Listening {
  readonly #service: Pick<PlaysService, "start" | "heard">;
  readonly #onHeard: () => void;
  #trackId: number | null = null;
  #play: Promise<string | null> = Promise.resolve(null);
  #position = 0;
  /** Seconds of it. */
  #listened = 0;
  #told = false;
  /** It was heard, and is at an earlier place now: whoever goes on listens once more. */
  #over = false;

  /** @param onHeard called when the service knows that something was heard */
  constructor(service: Pick<PlaysService, "start" | "heard">, onHeard: () => void) {
    this.#service = service;
    this.#onHeard = onHeard;
  }

  /** To be called whenever something of it has changed. */
  observe(moment: Moment | null): void {
    if (moment === null) return;
    if (this.#told && moment.position < this.#position) this.#over = true;
    if (moment.playing && (moment.trackId !== this.#trackId || this.#over)) this.#begin(moment);
    if (moment.trackId !== this.#trackId) return;
    const step = moment.position - this.#position;
    this.#position = moment.position;
    if (step > 0 && step <= LONGEST_STEP) this.#listened += step;
    if (!this.#told && this.#listened >= enough(moment.duration)) this.#tell();
  }

  #begin({ trackId, position }: Moment): void {
    this.#trackId = trackId;
    this.#position = position;
    this.#listened = 0;
    this.#told = this.#over = false;
    this.#play = this.#service.start(trackId).catch(passOver);
  }

  #tell(): void {
    this.#told = true;
    void this.#play.then((play) =>
      play === null ? null : this.#service.heard(play).then(this.#onHeard).catch(passOver),
    );
  }
}

/** Players tell of the end a little before it. */
function enough(duration: number): number {
  return duration < 120 ? Math.max(0, duration - 0.75) : Math.min(duration / 2, 240);
}

/** Nobody listens less for not being counted. */
function passOver(failure: unknown): null {
  if (!(failure instanceof ServiceFailure)) throw failure;
  return null;
}
