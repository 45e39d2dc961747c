import type { MusicExport } from "../api/export-answers.js";
import type { Tone } from "../likes/write-words.js";

/** What stands beside the export button. */
export interface ExportWords {
  tone: Tone;
  text: string;
}

/** @param now milliseconds since the epoch @returns null: nothing is to be said */
export function exportWords(music: MusicExport, now: number): ExportWords | null {
  switch (music.status) {
    case "waiting":
      return music.reason === null
        ? { tone: "busy", text: "waiting for its turn…" }
        : { tone: "held", text: music.reason };
    case "running":
      return { tone: "busy", text: `packing your music… ${part(music)}` };
    case "done":
      return { tone: "done", text: `${packed(music)} ${until(music.expires_at, now)}` };
    case "failed":
      return { tone: "wrong", text: `the export failed: ${music.reason ?? "no reason was given"}` };
    case "cancelled":
      return { tone: "held", text: "cancelled" };
    case "expired":
      return { tone: "held", text: `the last export is gone: ${music.reason ?? "its time was over"}` };
    case "removed":
      return null;
  }
}

/** Whether there is more to come. */
export function isUnderWay({ status }: MusicExport): boolean {
  return status === "waiting" || status === "running";
}

/** Bytes as people say them. */
export function sizeWords(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : String(Math.round(value))} ${units[power] ?? ""}`;
}

/** By bytes; by tracks where it is not known how many there are. */
function part({ processed_bytes, total_bytes, processed_count, total_count }: MusicExport): string {
  if (total_bytes === 0) return `${String(processed_count)} of ${String(total_count)} tracks`;
  return `${String(Math.min(100, Math.floor((processed_bytes / total_bytes) * 100)))} %`;
}

function packed({ total_count, left_out, size }: MusicExport): string {
  const count = total_count - left_out.length;
  const tracks = `${String(count)} ${count === 1 ? "track" : "tracks"}`;
  return size === null ? tracks : `${tracks}, ${sizeWords(size)},`;
}

function until(expires: string | null, now: number): string {
  if (expires === null) return "";
  const hours = Math.max(0, Math.round((new Date(expires).getTime() - now) / 3_600_000));
  if (hours < 1) return "to be had for less than an hour";
  if (hours < 48) return `to be had for ${String(hours)} ${hours === 1 ? "hour" : "hours"}`;
  return `to be had for ${String(Math.round(hours / 24))} days`;
}
