/** A person's authenticated way to their PDS: an `OAuthSession`, or anything that fetches like one. */
export interface PdsSession {
  readonly did: string;
  fetchHandler(path: string, init: RequestInit): Promise<Response>;
}
