import { notes } from "./notation.js";
import { DORIAN, MAJOR, MINOR, type Score } from "./synthesise.js";

export interface Song {
  title: string;
  /** Of its record, a TID of `createdAt`. Fixed, so that seeding twice makes no second track. */
  rkey: string;
  createdAt: string;
  score: Score;
}

/** What the demo artist has released: short, each in its own key, metre and colour. */
export const songs: readonly Song[] = [
  {
    title: "Lantern Walk",
    rkey: "3mwvxakh4222b",
    createdAt: "2026-10-02T18:00:00.000Z",
    score: {
      beatsPerMinute: 96,
      root: 261.63,
      scale: MAJOR,
      harmonics: [1, 0.45, 0.2, 0.08],
      fade: 0.55,
      melody: notes("4 5:.5 4:.5 2 0 | 1 2:.5 3:.5 4:2 | 7 6:.5 5:.5 4 2 | 3:.5 2:.5 1 0:2"),
      bass: notes("0:2 4:2 | 3:2 4:2"),
    },
  },
  {
    title: "Rain on the Relay",
    rkey: "3mxhkiyoe222b",
    createdAt: "2026-10-09T18:00:00.000Z",
    score: {
      beatsPerMinute: 240,
      root: 220,
      scale: MINOR,
      harmonics: [1, 0.15, 0.3, 0.05, 0.12],
      fade: 0.22,
      melody: notes(
        "0 2 4 7 6 4 2 4 | 5 7 9 7 5 4 3 5 | 4 6 8 6 4 3 1 3 | 2 4 7:2 4 2 0:2 | 7 6 4 2 0:4 | 0 2 4 7 9:4",
      ),
      bass: notes("0:8 | 5:8 | 4:8 | 0:8"),
    },
  },
  {
    title: "Slow Ferry",
    rkey: "3mxz5rgvm222b",
    createdAt: "2026-10-16T18:00:00.000Z",
    score: {
      beatsPerMinute: 80,
      root: 293.66,
      scale: DORIAN,
      harmonics: [1, 0.6, 0.05, 0.15],
      fade: 1.4,
      melody: notes("0:2 4:1 | 3 2 4 | 6:2 5 | 4 2:2 | 0:3"),
      bass: notes("0:3 | 3:3 | 4:3"),
    },
  },
  {
    title: "Paper Orbit",
    rkey: "3mykqzv4u222b",
    createdAt: "2026-10-23T18:00:00.000Z",
    score: {
      beatsPerMinute: 160,
      root: 329.63,
      scale: MAJOR,
      harmonics: [1, 0, 0.33, 0, 0.18],
      fade: 0.3,
      melody: notes("0 4 7 8 7 4 | 5 9 7 6 4 2 | 3 5 8 7 5 3 | 4 6 8 9 11 8 | 7:2 4 0:3"),
      bass: notes("0:3 | 0:3 | 3:3 | 4:3"),
    },
  },
];
