/** The answer was longer than is read. */
export class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong";
}

/**
 * An answer's body as text, with a bound to what a stranger can have us hold in memory.
 *
 * @param most bytes
 * @throws {AnswerTooLong}, and when the answer breaks off
 */
export async function bodyText(response: Response, most: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return "";
  for await (const part of body) {
    size += part.length;
    // Leaving the loop also lets go of the connection.
    if (size > most) throw new AnswerTooLong(`The answer is longer than ${String(most)} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
