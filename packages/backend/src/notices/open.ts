import { outboundFetch } from "../auth/outbound-fetch.js";
import { openWebhook, type Webhook } from "./webhook.js";

/** The operator's webhook, where one is set. */
export function webhookOf(settings: {
  operatorWebhookUrl: string | undefined;
  http: { publicUrl: string };
}): Webhook | undefined {
  const { operatorWebhookUrl: url, http } = settings;
  if (url === undefined) return undefined;
  const fetch = outboundFetch({ guarded: true, trustedOrigins: [new URL(url).origin] });
  return openWebhook(url, fetch, http.publicUrl);
}
