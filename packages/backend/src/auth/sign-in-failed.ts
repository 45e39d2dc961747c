import { FetchError, OAuthCallbackError, OAuthResponseError } from "@atproto/oauth-client-node";
import { NarrowedGrant } from "./scope.js";

/**
 * Why a person could not be signed in.
 *
 * - `unresolvable`: nobody has this handle (or its DID document is not in order)
 * - `unreachable`: their PDS, or a directory on the way to it, does not answer
 * - `refused`: their PDS answered, and will not have it
 * - `access_denied`: they said no at their PDS
 * - `scope_narrowed`: their PDS granted less than was asked
 * - `expired`: the sign-in is too old, was used already, or was begun in another browser
 */
export type SignInFailure =
  "unresolvable" | "unreachable" | "refused" | "access_denied" | "scope_narrowed" | "expired";

export class SignInFailed extends Error {
  override readonly name = "SignInFailed";
  readonly failure: SignInFailure;

  constructor(failure: SignInFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** From an error before the person was sent to their PDS. */
export function startFailed(identifier: string, error: unknown): SignInFailed {
  const causes = [...causesOf(error)];
  if (causes.some(isUnanswered)) {
    return new SignInFailed("unreachable", `The server of ${identifier} can't be reached; try again later`, {
      cause: error,
    });
  }
  if (causes.some((cause) => cause instanceof OAuthResponseError)) {
    return new SignInFailed("refused", `The server of ${identifier} refused to begin the sign-in`, {
      cause: error,
    });
  }
  return new SignInFailed("unresolvable", `${identifier} can't be found: check the spelling`, {
    cause: error,
  });
}

/** From an error after they came back from it. */
export function returnFailed(error: unknown): SignInFailed {
  const causes = [...causesOf(error)];
  const narrowed = causes.find((cause) => cause instanceof NarrowedGrant);
  if (narrowed) return new SignInFailed("scope_narrowed", narrowed.message, { cause: error });
  if (causes.some(isUnanswered)) {
    return new SignInFailed("unreachable", "The PDS can't be reached; try again later", { cause: error });
  }
  const denied = causes.some(
    (cause) => cause instanceof OAuthCallbackError && cause.params.get("error") === "access_denied",
  );
  if (denied)
    return new SignInFailed("access_denied", "The sign-in was declined at the PDS", { cause: error });
  return new SignInFailed("refused", "The PDS did not complete the sign-in", { cause: error });
}

function isUnanswered(cause: unknown): boolean {
  if (cause instanceof OAuthResponseError) return cause.status >= 500 || cause.status === 429;
  if (cause instanceof FetchError) return cause.statusCode >= 500;
  // What fetch itself throws where the library doesn't wrap it.
  return cause instanceof Error && (cause.name === "TimeoutError" || cause.message === "fetch failed");
}

function* causesOf(error: unknown): Generator {
  yield error;
  if (!(error instanceof Error)) return;
  if (error instanceof AggregateError) for (const part of error.errors) yield* causesOf(part);
  if (error.cause !== undefined) yield* causesOf(error.cause);
}
