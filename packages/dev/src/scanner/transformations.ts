/** What may be done to a piece before it is uploaded. */
export interface Transformation {
  readonly name: string;
  /** Whether the scanner promises to find the piece all the same. */
  readonly promised: boolean;
  /** ffmpeg's arguments from the piece to a file. */
  readonly args: (piece: Piece, other: Piece, file: string) => readonly string[];
}

export interface Piece {
  readonly path: string;
  /** Of all of it. */
  readonly seconds: number;
  /** Mean level of its middle, in dB below full scale (negative). */
  readonly level: number;
}

const EXCERPT = 20;
const INTRO = 15;
const AFTER_INTRO = 25;

/** An excerpt of 20 s, from the middle, with this done to it. */
function excerpt(name: string, promised: boolean, change: readonly string[] = []): Transformation {
  return {
    name: name === "" ? "20 s excerpt" : `20 s excerpt, ${name}`,
    promised,
    args: (piece, _other, file) => [...middle(piece, EXCERPT), ...change, ...encoded(change, file)],
  };
}

/** An excerpt with something else over it, which is so many decibels quieter. */
function under(name: string, promised: boolean, below: number, noise?: Noise): Transformation {
  return {
    name: `20 s excerpt, ${name}`,
    promised,
    args: (piece, other, file) => {
      const gain = piece.level - (noise?.level ?? other.level) - below;
      const mix =
        `[0:a]aresample=44100,aformat=channel_layouts=mono,volume=-6dB[a];` +
        `[1:a]aresample=44100,aformat=channel_layouts=mono,volume=${(gain - 6).toFixed(1)}dB[b];` +
        `[a][b]amix=inputs=2:duration=first:normalize=0`;
      const over = noise?.input ?? middle(other, EXCERPT);
      return [...middle(piece, EXCERPT), ...over, "-filter_complex", mix, ...encoded([], file)];
    },
  };
}

interface Noise {
  readonly input: readonly string[];
  /** In dB below full scale. */
  readonly level: number;
}

/** Evenly spread amplitudes of up to a half: their mean level follows. */
const whiteNoise: Noise = {
  input: ["-f", "lavfi", "-i", `anoisesrc=color=white:amplitude=0.5:seed=1:duration=${String(EXCERPT)}`],
  level: 20 * Math.log10(0.5 / Math.sqrt(3)),
};

/** ffmpeg's arguments that have it say the level of a piece's middle. */
export function levelArgs(piece: Omit<Piece, "level">): string[] {
  return [...middle(piece, EXCERPT), "-af", "volumedetect", "-f", "null", "-"];
}

function middle({ path, seconds }: Omit<Piece, "level">, length: number): string[] {
  const start = Math.max(0, (seconds - length) / 2);
  return ["-ss", start.toFixed(2), "-t", String(length), "-i", path];
}

function encoded(change: readonly string[], file: string): string[] {
  return change.includes("-f") ? [file] : ["-f", "wav", file];
}

const filter = (text: string): string[] => ["-af", text];
/** Pitch and tempo together, as a tape that runs faster. */
const tape = (factor: number): string =>
  `aresample=44100,asetrate=${String(Math.round(44_100 * factor))},aresample=44100`;
const SEMITONE = 2 ** (1 / 12);

export const transformations: readonly Transformation[] = [
  excerpt("", true),
  excerpt("mp3 64 kbit/s", true, ["-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"]),
  excerpt("opus 24 kbit/s", true, ["-c:a", "libopus", "-b:a", "24k", "-f", "ogg"]),
  excerpt("−12 dB", true, filter("volume=-12dB")),
  excerpt("+6 dB, limited", true, filter("volume=6dB,alimiter=limit=0.95:level=false")),
  {
    name: `${String(INTRO)} s of other music, then ${String(AFTER_INTRO)} s of it`,
    promised: true,
    args: (piece, other, file) => [
      ...middle(other, INTRO),
      ...middle(piece, AFTER_INTRO),
      ...["-filter_complex", "[0:a]aresample=44100[a];[1:a]aresample=44100[b];[a][b]concat=n=2:v=0:a=1"],
      ...encoded([], file),
    ],
  },
  excerpt("mono", true, ["-ac", "1"]),
  excerpt("low-pass 4 kHz", true, filter("lowpass=f=4000")),
  under("white noise 10 dB below it", true, 10, whiteNoise),
  excerpt("left channel only", false, filter("pan=mono|c0=c0")),
  excerpt("telephone band", false, filter("highpass=f=300,lowpass=f=3400")),
  excerpt("tempo +2 %", false, filter("atempo=1.02")),
  excerpt("speed +0.5 %", false, filter(tape(1.005))),
  excerpt("speed +1 %", false, filter(tape(1.01))),
  excerpt("speed +2 %", false, filter(tape(1.02))),
  excerpt("+1 semitone", false, filter(`${tape(SEMITONE)},atempo=${(1 / SEMITONE).toFixed(5)}`)),
  under("other music over it, as loud", false, 0),
];
