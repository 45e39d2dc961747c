const HEADER = 44;
const BYTES_PER_SAMPLE = 2;
const LOUDEST = 32_767;

/**
 * A WAV file of one channel, 16 bits a sample.
 *
 * @param samples −1 to 1; what lies beyond is clipped
 * @param rate samples a second
 */
export function wav(samples: Float64Array, rate: number): Uint8Array<ArrayBuffer> {
  const sound = samples.length * BYTES_PER_SAMPLE;
  const bytes = new Uint8Array(HEADER + sound);
  const view = new DataView(bytes.buffer);
  const word = (offset: number, letters: string): void => {
    bytes.set(new TextEncoder().encode(letters), offset);
  };
  word(0, "RIFF");
  view.setUint32(4, HEADER - 8 + sound, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * BYTES_PER_SAMPLE, true);
  view.setUint16(32, BYTES_PER_SAMPLE, true);
  view.setUint16(34, BYTES_PER_SAMPLE * 8, true);
  word(36, "data");
  view.setUint32(40, sound, true);
  for (const [index, sample] of samples.entries()) {
    const clipped = Math.max(-1, Math.min(1, sample));
    view.setInt16(HEADER + index * BYTES_PER_SAMPLE, Math.round(clipped * LOUDEST), true);
  }
  return bytes;
}
