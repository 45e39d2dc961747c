/** Far below what file systems take (255), so that a number and an ending fit behind it; bytes of UTF-8. */
const LONGEST = 160;
const LONGEST_ENDING = 16;

/** Forbidden in names by Windows, or meaning folders, or not to be seen (bidirectional controls turn an ending round). */
const UNSAFE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}<>:"/\\|?*\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;

/** Windows takes these for devices, whatever ending follows. */
const DEVICES = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])$/i;

/** Gives each file of an archive a name that every file system takes and no other file of the archive has. */
export class ArchiveNames {
  readonly #taken = new Set<string>();

  /**
   * @param title whatever a person called it
   * @param fileType as in `mp3`
   */
  take(title: string, fileType: string): string {
    const stem = safeStem(title);
    const ending = safeEnding(fileType);
    for (let number = 1; ; number += 1) {
      const name = `${stem}${number === 1 ? "" : ` (${String(number)})`}${ending}`;
      const seen = asFileSystemsCompare(name);
      if (this.#taken.has(seen)) continue;
      this.#taken.add(seen);
      return name;
    }
  }
}

function safeStem(title: string): string {
  const words = title.toWellFormed().normalize("NFC").replaceAll(UNSAFE, " ").replaceAll(/\s+/gu, " ");
  // A dot in front hides a file, and Windows drops dots and blanks at the end.
  const plain = cut(words.replace(/^[. ]+/, "")).replace(/[. ]+$/, "");
  if (plain === "") return "Untitled";
  const [beforeDot = ""] = plain.split(".");
  return DEVICES.test(beforeDot.trim()) ? `_${plain}` : plain;
}

function safeEnding(fileType: string): string {
  const plain = fileType
    .replaceAll(/[^A-Za-z0-9]/g, "")
    .slice(0, LONGEST_ENDING)
    .toLowerCase();
  return plain === "" ? "" : `.${plain}`;
}

/** Between whole characters as people see them: half an emoji is none. */
function cut(text: string): string {
  let kept = "";
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter("und").segment(text)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > LONGEST) break;
    kept += segment;
  }
  return kept;
}

/** Windows and macOS take names for the same that differ only in case or in how a character is composed. */
function asFileSystemsCompare(name: string): string {
  return name
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "");
}

/** Under which name a browser saves an archive: letters, digits, dots and dashes, whatever the handle is. */
export function archiveName(handle: string, made: Date): string {
  const plain = handle.replaceAll(/[^A-Za-z0-9.-]/g, "").slice(0, 100);
  return `plyr-${plain}-${made.toISOString().slice(0, 10)}.zip`;
}
