#!/usr/bin/env node
// Measures the built-in copyright scanner on a folder of music.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureScanner, type Figures } from "../scanner/measure.js";

const AUDIO = /\.(mp3|wav|flac|m4a|ogg|oga|opus)$/i;

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [folder] = positionals;
const paths =
  folder === undefined
    ? []
    : readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => AUDIO.test(name))
        .sort()
        .map((name) => join(folder, name));
if (paths.length < 2) {
  console.error(
    "Usage: npm run scanner -- FOLDER [--json], where the folder holds two pieces of music or more",
  );
  process.exitCode = 2;
} else {
  const figures = await measureScanner(paths);
  if (values.json) console.log(JSON.stringify(figures));
  else print(figures);
}

function print(figures: Figures): void {
  const { pieces, seconds, catalogue, recall, scannedWhole, falseMatches, perMinute, perSearch } = figures;
  console.log(
    `${String(pieces)} pieces, ${(seconds / 60).toFixed(0)} min; ${String(catalogue)} in the catalogue`,
  );
  for (const { transformation, promised, found, of, missed } of recall) {
    const which = promised && missed.length > 0 ? `  missed: ${missed.join(", ")}` : "";
    const mark = promised ? " " : "–";
    console.log(`${mark} ${`${String(found)}/${String(of)}`.padStart(9)}  ${transformation}${which}`);
  }
  console.log("(–: not promised)");
  const flagged = falseMatches.filter(({ same }) => same);
  console.log(`${String(scannedWhole)} others, scanned whole: ${String(flagged.length)} matches`);
  for (const { piece, takenFor, same, errorRate } of falseMatches)
    console.log(
      `  ${same ? "match" : "near "} ${piece} ~ ${takenFor} (${errorRate.toFixed(3)} of the bits differ)`,
    );
  console.log(`${perMinute.toFixed(0)} ms for a minute of audio, ${perSearch.toFixed(1)} ms for a search`);
}
