import type { Note } from "./notation.js";
import { wav } from "./wav.js";

export interface Score {
  /** 40–240. */
  beatsPerMinute: number;
  /** The root of the scale, in Hz. */
  root: number;
  /** The seven semitones of the scale above its root. */
  scale: readonly number[];
  melody: readonly Note[];
  /** Below the melody, softer; played again until the melody ends. */
  bass: readonly Note[];
  /** The strength of each harmonic, from the fundamental up: the colour of the sound. */
  harmonics: readonly number[];
  /** Seconds in which a note fades to a third: 0.15 plucks, 1.5 sings. */
  fade: number;
}

export interface Sound {
  wav: Uint8Array<ArrayBuffer>;
  /** Whole seconds, rounded. */
  duration: number;
}

export const MAJOR = [0, 2, 4, 5, 7, 9, 11] as const;
export const MINOR = [0, 2, 3, 5, 7, 8, 10] as const;
export const DORIAN = [0, 2, 3, 5, 7, 9, 10] as const;

const RATE = 22_050;
const ATTACK = 0.012;
const RELEASE = 0.05;
const TAIL = 1.2;
const ECHO = { after: 0.28, strength: 0.3 };
const PEAK = 0.8;

/** Plays a score: mono, 22.05 kHz, 16 bits. The same score gives the same bytes. */
export function synthesise(score: Score): Sound {
  const beat = 60 / score.beatsPerMinute;
  const beats = score.melody.reduce((sum, note) => sum + note.beats, 0);
  const samples = new Float64Array(Math.ceil((beats * beat + TAIL) * RATE));

  play(samples, score, score.melody, { beat, octave: 0, strength: 1 });
  play(samples, score, repeated(score.bass, beats), { beat, octave: -1, strength: 0.6 });
  echo(samples);
  fadeOut(samples);
  return { wav: wav(levelled(samples), RATE), duration: Math.round(samples.length / RATE) };
}

interface Part {
  /** Seconds. */
  beat: number;
  octave: number;
  strength: number;
}

function play(samples: Float64Array, score: Score, notes: readonly Note[], part: Part): void {
  let at = 0;
  for (const { step, beats } of notes) {
    const length = beats * part.beat;
    const pitch = pitchOf(score, step) * 2 ** part.octave;
    strike(samples, score, { pitch, at, length, strength: part.strength });
    at += length;
  }
}

interface Strike {
  /** Hz. */
  pitch: number;
  /** Seconds. */
  at: number;
  /** Seconds. */
  length: number;
  strength: number;
}

function strike(
  samples: Float64Array,
  { harmonics, fade }: Score,
  { pitch, at, length, strength }: Strike,
): void {
  const first = Math.round(at * RATE);
  const count = Math.min(Math.round((length + RELEASE) * RATE), samples.length - first);
  for (let index = 0; index < count; index += 1) {
    const time = index / RATE;
    // No step in the wave at either end of a note: it would be heard as a click.
    const envelope =
      Math.min(1, time / ATTACK) * Math.exp(-time / fade) * Math.min(1, (length + RELEASE - time) / RELEASE);
    let value = 0;
    for (const [overtone, loudness] of harmonics.entries()) {
      value += loudness * Math.sin(2 * Math.PI * pitch * (overtone + 1) * time);
    }
    samples[first + index] = (samples[first + index] ?? 0) + value * envelope * strength;
  }
}

function pitchOf({ root, scale }: Score, step: number): number {
  const octave = Math.floor(step / scale.length);
  const semitones = scale[step - octave * scale.length] ?? 0;
  return root * 2 ** (octave + semitones / 12);
}

function repeated(notes: readonly Note[], beats: number): Note[] {
  const part: Note[] = [];
  const once = notes.reduce((sum, note) => sum + note.beats, 0);
  for (let played = 0; played + once <= beats; played += once) part.push(...notes);
  return part;
}

function echo(samples: Float64Array): void {
  const after = Math.round(ECHO.after * RATE);
  for (let index = after; index < samples.length; index += 1) {
    samples[index] = (samples[index] ?? 0) + (samples[index - after] ?? 0) * ECHO.strength;
  }
}

function fadeOut(samples: Float64Array): void {
  const tail = Math.round(TAIL * RATE);
  const start = samples.length - tail;
  for (let index = start; index < samples.length; index += 1) {
    samples[index] = (samples[index] ?? 0) * (1 - (index - start) / tail);
  }
}

function levelled(samples: Float64Array): Float64Array {
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return loudest === 0 ? samples : samples.map((sample) => (sample / loudest) * PEAK);
}
