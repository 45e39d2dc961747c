import { z } from "zod";

/** `name=value,name=value`, each percent-encoded, as OpenTelemetry has it. */
export const otlpHeaders = z
  .string()
  .regex(/^\s*[\w.~%-]+\s*=[^,]*(,\s*[\w.~%-]+\s*=[^,]*)*$/)
  .transform((value) =>
    Object.fromEntries(
      value.split(",").map((pair) => {
        const at = pair.indexOf("=");
        return [pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())];
      }),
    ),
  )
  .optional()
  .transform((headers) => headers ?? {});

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a value with a bare per cent sign means that sign
  }
}
