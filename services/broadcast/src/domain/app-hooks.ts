import type { z } from 'zod';
import type { EventHook } from '#shared/contracts';
import { CallInputError } from './call-errors.ts';
import type { UpdateAppRequest } from './call-requests.ts';
import { newHookId, type RandomInt } from './ids.ts';
import { standardWebhooksSecret } from './webhook-signature.ts';

/** The hook behind the older setting `webhook_url`: every event, one destination. */
const LEGACY_HOOK = 'webhook-url';

/** An app's hooks after a change: a given list replaces the whole, a given `webhook_url` only its own hook. */
export function replaceHooks(
  before: readonly EventHook[],
  request: z.output<typeof UpdateAppRequest>,
  random: RandomInt,
): EventHook[] {
  const listed = request.event_hooks?.map((hook) => ({
    id: hook.id ?? newHookId(random),
    enabled: hook.enabled,
    webhookUrl: hook.webhook_url,
    eventTypes: hook.event_types,
  }));
  const hooks = [
    ...(listed ?? before.filter((hook) => hook.id !== LEGACY_HOOK)),
    ...(request.webhook_url === undefined
      ? before.filter((hook) => hook.id === LEGACY_HOOK)
      : legacyHook(request.webhook_url)),
  ];
  const ids = new Set(hooks.map((hook) => hook.id));
  if (ids.size !== hooks.length)
    throw new CallInputError(`event_hooks: expected an id of its own for each hook and none "${LEGACY_HOOK}"`);
  return hooks;
}

const legacyHook = (webhookUrl: string): EventHook[] =>
  webhookUrl === '' ? [] : [{ id: LEGACY_HOOK, enabled: true, webhookUrl, eventTypes: [] }];

/** An app's hooks as the API shows them. `signing_secret` verifies the Standard Webhooks headers of that hook. */
export const hooksView = (
  hooks: readonly EventHook[],
  apiSecret: string,
): { event_hooks: unknown[]; webhook_url: string } => ({
  event_hooks: hooks
    .filter((hook) => hook.id !== LEGACY_HOOK)
    .map((hook) => ({
      id: hook.id,
      enabled: hook.enabled,
      hook_type: 'webhook',
      webhook_url: hook.webhookUrl,
      event_types: hook.eventTypes,
      signing_secret: standardWebhooksSecret(apiSecret, hook.id),
    })),
  webhook_url: hooks.find((hook) => hook.id === LEGACY_HOOK)?.webhookUrl ?? '',
});
