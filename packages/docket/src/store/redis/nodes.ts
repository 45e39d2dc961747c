import { readNode, type Node } from "./address.js";

/** How many nodes are kept in mind. */
const MOST = 100;

/** Where in a cluster a docket's slot is, as far as its nodes have said: whichever is asked sends on to the right one. */
export class Nodes {
  readonly #known: Node[];
  #at = 0;

  constructor(seeds: readonly Node[]) {
    this.#known = [...seeds];
  }

  get current(): Node | undefined {
    return this.#known[this.#at];
  }

  /** The current one doesn't answer: another one is asked next. */
  turn(): void {
    if (this.#known.length > 0) this.#at = (this.#at + 1) % this.#known.length;
  }

  /** Goes to a node that was named. */
  go(node: Node): void {
    const at = this.#known.findIndex(({ host, port }) => host === node.host && port === node.port);
    this.#at = at >= 0 ? at : this.#known.push(node) - 1;
    if (this.#known.length > MOST) {
      this.#known.shift();
      this.#at -= 1;
    }
  }
}

/** Where a refusal sends on to; undefined for anything else. @param asked the node that refused */
export function movedTo(error: unknown, asked: Node): Node | undefined {
  if (!(error instanceof Error)) return undefined;
  const to = /^MOVED \d+ (\S+)/.exec(error.message)?.[1];
  // Without a host it is the one that was asked.
  return to === undefined || to.startsWith("?")
    ? undefined
    : readNode(to.startsWith(":") ? `${asked.host}${to}` : to, 6_379);
}
