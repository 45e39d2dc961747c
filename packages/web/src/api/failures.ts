/** A question to the service that did not get the answer it asked for. `message` is for the person to read. */
export abstract class ServiceFailure extends Error {}

/** The browser session is over (401): nothing happened. */
export class SignedOut extends ServiceFailure {
  override readonly name = "SignedOut";

  constructor() {
    super("You are not signed in.");
  }
}

/** The service understood and declined (4xx): nothing happened, and asking again won't help. */
export class Refused extends ServiceFailure {
  override readonly name = "Refused";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** No usable answer (network, timeout, 5xx, unreadable): the request may or may not have been carried out. */
export class NoAnswer extends ServiceFailure {
  override readonly name = "NoAnswer";
}
