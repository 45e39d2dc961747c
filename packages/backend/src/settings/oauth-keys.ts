import { z } from "zod";

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** A private key for ES256 (RFC 7518, 6.2), the one algorithm that every authorization server of atproto takes. */
const privateKey = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  kid: z.string().regex(/^[\w.-]{1,64}$/),
  x: coordinate,
  y: coordinate,
  d: coordinate,
});

/** With which we prove to PDSs who we are. */
export type OauthKey = z.infer<typeof privateKey>;

const keySet = z
  .strictObject({ keys: z.array(privateKey).min(1).max(8) })
  .refine(({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length);

/** The JSON of a key set (RFC 7517, 5). The first key signs what is new; the others go on for grants that were given to them. */
export const oauthKeys = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom" });
      return z.NEVER;
    }
  })
  .pipe(keySet)
  .transform(({ keys }): OauthKey[] => keys);
