import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { FingerprintThread, hear } from "@plyr/backend";
import { levelArgs, transformations, type Piece, type Transformation } from "./transformations.js";

/** How many pieces of the catalogue were found after a transformation. */
export interface Recall {
  readonly transformation: string;
  readonly promised: boolean;
  readonly found: number;
  readonly of: number;
  readonly missed: readonly string[];
}

/** A piece that is not in the catalogue, and what it was taken for. */
export interface FalseMatch {
  readonly piece: string;
  readonly takenFor: string;
  /** Alike enough to be flagged; else only to be looked at. */
  readonly same: boolean;
  /** The part of the bits that differ. */
  readonly errorRate: number;
}

export interface Figures {
  readonly pieces: number;
  /** Of all pieces together. */
  readonly seconds: number;
  readonly catalogue: number;
  readonly recall: readonly Recall[];
  /** Pieces outside the catalogue, scanned whole. */
  readonly scannedWhole: number;
  readonly falseMatches: readonly FalseMatch[];
  /** Milliseconds: decoding and fingerprint of a minute of audio; one search for a whole piece. */
  readonly perMinute: number;
  readonly perSearch: number;
}

const run = promisify(execFile);

/**
 * Puts every second piece into a catalogue, looks for each of those after every transformation, and scans the other pieces
 * whole.
 *
 * @param only the promised transformations; default: all
 */
export async function measureScanner(
  paths: readonly string[],
  { onlyPromised = false }: { onlyPromised?: boolean } = {},
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "plyr-scanner-"));
  const thread = new FingerprintThread();
  const listen = async (path: string) => {
    const fd = openSync(path, "r");
    try {
      return await hear(fd, { thread, program: "ffmpeg", signal: new AbortController().signal });
    } finally {
      closeSync(fd);
    }
  };
  try {
    const began = performance.now();
    const heard: (Piece & { level: number; fingerprint: Uint32Array })[] = [];
    for (const path of paths) {
      const { seconds, fingerprint } = await listen(path);
      heard.push({ path, seconds, fingerprint, level: 0 });
    }
    const seconds = heard.reduce((sum, piece) => sum + piece.seconds, 0);
    const perMinute = ((performance.now() - began) / seconds) * 60;

    const catalogue = heard.filter((_, index) => index % 2 === 0);
    const others = heard.filter((_, index) => index % 2 === 1);
    await thread.add(catalogue.map(({ fingerprint }, index) => ({ content: index + 1, fingerprint })));

    const falseMatches: FalseMatch[] = [];
    const searching = performance.now();
    for (const { path, fingerprint } of others) {
      for (const { content, stretches } of await thread.search(fingerprint, [])) {
        falseMatches.push({
          piece: basename(path),
          takenFor: basename(catalogue[content - 1]?.path ?? ""),
          same: stretches.some(({ same }) => same),
          errorRate: Math.min(...stretches.map(({ errorRate }) => errorRate)),
        });
      }
    }
    const perSearch = (performance.now() - searching) / Math.max(1, others.length);

    for (const piece of heard) piece.level = await levelOf(piece);
    const recall: Recall[] = [];
    for (const transformation of transformations) {
      const { name, promised } = transformation;
      if (onlyPromised && !promised) continue;
      const missed: string[] = [];
      const change = async (index: number): Promise<string | undefined> => {
        const piece = catalogue[index];
        if (piece === undefined) return undefined;
        const other = others[index % Math.max(1, others.length)] ?? piece;
        return changed(transformation, piece, other, join(folder, String(index % 2)));
      };
      let next = change(0);
      for (const [index, piece] of catalogue.entries()) {
        const file = await next;
        // Made while this one is listened to.
        next = change(index + 1);
        const likenesses = await thread.search((await listen(file ?? "")).fingerprint, []);
        const found = likenesses.some(
          ({ content, stretches }) => content === index + 1 && stretches.some(({ same }) => same),
        );
        if (!found) missed.push(basename(piece.path));
      }
      const of = catalogue.length;
      recall.push({ transformation: name, promised, found: of - missed.length, of, missed });
    }
    return {
      ...{ pieces: heard.length, seconds, catalogue: catalogue.length, recall },
      ...{ scannedWhole: others.length, falseMatches, perMinute, perSearch },
    };
  } finally {
    await thread.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function changed({ args }: Transformation, piece: Piece, other: Piece, file: string): Promise<string> {
  await run("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args(piece, other, file)]);
  return file;
}

async function levelOf(piece: Piece): Promise<number> {
  const { stderr } = await run("ffmpeg", ["-nostdin", ...levelArgs(piece)]);
  const level = Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1]);
  if (Number.isNaN(level)) throw new Error(`ffmpeg does not say how loud ${piece.path} is`);
  return level;
}
