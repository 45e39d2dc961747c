import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/**
 * The page runs our own scripts only; audio comes from any PDS, and forms may lead to one (sign-in). In development PDSs
 * speak plain HTTP.
 */
export function securityHeaders(
  publicUrl: string,
  environment: "production" | "development",
): MiddlewareHandler {
  const elsewhere = environment === "development" ? ["https:", "http:"] : ["https:"];
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      mediaSrc: ["'self'", ...elsewhere],
      formAction: ["'self'", ...elsewhere],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: "same-origin",
    strictTransportSecurity: publicUrl.startsWith("https:") ? "max-age=31536000" : false,
  });
}
