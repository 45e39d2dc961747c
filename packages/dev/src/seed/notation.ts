/** A note: its step in the scale (0 is the root, 7 the octave above), and its length in beats. */
export interface Note {
  step: number;
  beats: number;
}

/**
 * Reads notes from a line such as `4 5:.5 4:.5 2 0:2`: the step, and after a colon the beats where it isn't one.
 * Bars (`|`) are for the reader.
 *
 * @throws at a word that isn't a note
 */
export function notes(line: string): Note[] {
  const words = line.split(/\s+/).filter((word) => word !== "" && word !== "|");
  return words.map((word) => {
    const [step, beats = "1"] = word.split(":");
    const note = { step: Number(step), beats: Number(beats) };
    if (!Number.isInteger(note.step) || !(note.beats > 0)) throw new Error(`"${word}" is not a note.`);
    return note;
  });
}
