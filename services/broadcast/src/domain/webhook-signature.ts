import { createHmac } from 'node:crypto';

const WHSEC = 'whsec_';

/** What a delivery is signed with and named by. */
export interface WebhookIdentity {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly hookId: string;
  readonly eventId: string;
  /** From 1. */
  readonly attempt: number;
}

/**
 * The Standard Webhooks secret of a hook, `whsec_` and base64 of 32 bytes.
 * Derived from the app's secret, so that it needs no store of its own and goes when that secret goes.
 */
export function standardWebhooksSecret(apiSecret: string, hookId: string): string {
  return `${WHSEC}${createHmac('sha256', apiSecret).update(`standard-webhooks:${hookId}`).digest('base64')}`;
}

/** The headers of a delivery: those of calls.md ("Events and webhooks") beside those of Standard Webhooks. */
export function webhookHeaders(identity: WebhookIdentity, body: string, nowMs: number): Record<string, string> {
  const { apiKey, apiSecret, hookId, eventId, attempt } = identity;
  const timestamp = String(Math.floor(nowMs / 1000));
  const key = Buffer.from(standardWebhooksSecret(apiSecret, hookId).slice(WHSEC.length), 'base64');
  const standard = createHmac('sha256', key).update(`${eventId}.${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'headwater-webhooks/1',
    'x-webhook-id': eventId,
    'x-webhook-attempt': String(attempt),
    'x-api-key': apiKey,
    'x-signature': createHmac('sha256', apiSecret).update(body).digest('hex'),
    'webhook-id': eventId,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${standard}`,
  };
}
