import type { Json } from "../database/json.js";

/** The operator's webhook: takes notices. */
export interface Webhook {
  /** Of its address; the rest may hold a credential. */
  readonly host: string;
  /**
   * Resolves to what it answered, whatever that is; its body is not read.
   *
   * @throws when there is no answer in time, without the address
   */
  send(
    notice: { id: string; kind: string; at: string; facts: Json },
    signal: AbortSignal,
  ): Promise<{ ok: boolean; status: number; headers: Headers }>;
}

/**
 * @param url as the operator has set it
 * @param fetch guarded, and limited in time
 * @param service our own address, so that whoever reads the notice knows where it comes from
 */
export function openWebhook(url: string, fetch: typeof globalThis.fetch, service: string): Webhook {
  const { host } = new URL(url);
  return {
    host,
    async send({ id, kind, at, facts }, signal) {
      const text = textOf(facts, kind);
      // `text` is what Slack and Mattermost show, `content` what Discord does.
      const body = JSON.stringify({ id, kind, at, service, text, content: text, facts });
      const headers = { "content-type": "application/json", "idempotency-key": id };
      const answer = await fetch(url, { method: "POST", headers, body, signal }).catch((cause: unknown) => {
        throw new Error(`The operator's webhook at ${host} can't be reached${code(cause)}`);
      });
      await answer.body?.cancel();
      return { ok: answer.ok, status: answer.status, headers: answer.headers };
    },
  };
}

function textOf(facts: Json, kind: string): string {
  if (typeof facts === "object" && facts !== null && "text" in facts && typeof facts["text"] === "string")
    return facts["text"];
  return kind;
}

/** What the failure is called, without its words: they may name the address. */
function code(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? ` (${cause.code})`
    : "";
}
