import { setTimeout as pause } from "node:timers/promises";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";

/** How often the database is asked for somebody who watches, and for how long; milliseconds. */
const LOOK = 500;
const LONGEST = 600_000;
/** After this many looks without news something is sent, or proxies would take the line for dead. */
const QUIET_LOOKS = 30;

export interface Watched<T> {
  readonly first: T;
  /** Null: it is gone. */
  readonly look: () => Promise<T | null>;
  readonly isOver: (now: T) => boolean;
}

/** How something gets on: as events `progress` until it is over for whoever asks for events, else as it stands now. */
export function answerProgress<T extends object>(c: Context, { first, look, isOver }: Watched<T>): Response {
  if (!(c.req.header("accept") ?? "").includes("text/event-stream")) return c.json(first);
  return streamSSE(c, async (stream) => {
    const ends = performance.now() + LONGEST;
    let said = "";
    let quiet = 0;
    for (let now: T | null = first; now !== null && !stream.aborted; now = await look()) {
      const data = JSON.stringify(now);
      if (data !== said) await stream.writeSSE({ event: "progress", data });
      else if (quiet >= QUIET_LOOKS) await stream.write(": still here\n\n");
      quiet = data !== said || quiet >= QUIET_LOOKS ? 0 : quiet + 1;
      said = data;
      if (isOver(now) || performance.now() > ends) return;
      await pause(LOOK);
    }
  });
}
