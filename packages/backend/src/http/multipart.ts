import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { Problem } from "./problem.js";

/** What a form brought: its fields, and what became of its file. */
export interface ReadForm<T> {
  readonly fields: ReadonlyMap<string, string>;
  readonly file: T;
}

const limits = { files: 1, fields: 8, parts: 9, fieldSize: 32 * 1024, fieldNameSize: 80, headerPairs: 32 };

/** Who takes the file of a form. */
export interface FileTaker<T> {
  /** Called once, with the part named `file` and the name it has on the person's side. */
  take(content: Readable, fileName: string | null): Promise<T>;
  /** The file came well, but the form around it is not as it should be. */
  discard(taken: T, reason: string): Promise<void>;
}

/**
 * Reads a `multipart/form-data` request as it comes. The file is handed on as a stream and never held.
 *
 * @param known names of the fields besides the file
 * @throws {Problem} 422 when it is no such form, has no file or more than one; 400 when it breaks off
 * @throws what `take` throws: the rest of the request isn't read then
 */
export async function readForm<T>(
  request: Request,
  known: readonly string[],
  taker: FileTaker<T>,
): Promise<ReadForm<T>> {
  const form = openForm(request.headers.get("content-type") ?? "");
  const fields = new Map<string, string>();
  const giveUp = new AbortController();
  const refuse = (problem: unknown): void => {
    giveUp.abort(problem);
  };
  let file: { content: Readable; outcome: Promise<T> } | undefined;

  form.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || !known.includes(name)) refuse(malformed(`"${name}" is not known here`, name));
    else if (valueCut) refuse(malformed(`The ${name} is too long`, name));
    else if (fields.has(name)) refuse(malformed(`The ${name} is given twice`, name));
    else fields.set(name, value);
  });
  form.on("file", (name, content, fileName: string | undefined) => {
    // Whoever gives up tells it so; without a listener that would end the process.
    content.on("error", () => undefined);
    if (name !== "file") {
      refuse(malformed(`"${name}" is not known here; the audio's field is named file`, name));
      return;
    }
    const outcome = taker.take(content, fileName ?? null);
    outcome.catch(refuse);
    file = { content, outcome };
  });
  form.on("filesLimit", () => {
    refuse(malformed("There is more than one file; send one at a time", "file"));
  });
  form.on("fieldsLimit", () => {
    refuse(malformed("There are too many fields", "body"));
  });
  form.on("partsLimit", () => {
    refuse(malformed("There are too many parts", "body"));
  });

  try {
    const body = request.body === null ? Readable.from([]) : Readable.fromWeb(request.body);
    await pipeline(body, form, { signal: giveUp.signal });
    giveUp.signal.throwIfAborted();
  } catch (error) {
    const why = brokenOff(giveUp.signal, error);
    file?.content.destroy(why);
    // What it has begun is cleared away before anybody hears of it.
    const taken = await file?.outcome.catch(() => undefined);
    if (taken !== undefined) await taker.discard(taken, why.message);
    throw why;
  }
  if (file === undefined) throw malformed("The audio is missing: send it as the field file", "file");
  return { fields, file: await file.outcome };
}

function openForm(contentType: string): BusboyInstance {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) {
    throw malformed("The body must be multipart/form-data, with the audio as the field file", "body");
  }
  try {
    return new Busboy({ headers: { "content-type": contentType }, limits });
  } catch {
    throw malformed("The form names no boundary", "body");
  }
}

function brokenOff(signal: AbortSignal, error: unknown): Error {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  if (reason instanceof Error) return reason;
  return new BrokenOff("The upload broke off before its end: send it again", error);
}

/** The client went away, or its form has no end. */
class BrokenOff extends Problem {
  constructor(message: string, cause: unknown) {
    super(400, "broken_off", message, "body");
    this.cause = cause;
  }
}

function malformed(message: string, field: string): Problem {
  return new Problem(422, "malformed", message, field.slice(0, 80));
}
