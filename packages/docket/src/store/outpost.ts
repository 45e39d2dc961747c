import type { Server } from "./redis/address.js";

/** How another thread reaches a store. */
export interface Outpost {
  /** Can be handed to a thread as it is; holds the server's credentials. */
  readonly place: { readonly server: Server; readonly name: string };
  /** Counts commands that were sent from there. */
  sent(commands: number): void;
}
