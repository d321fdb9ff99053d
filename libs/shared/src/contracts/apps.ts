import { z } from 'zod';
import { Sha256 } from './primitives.ts';

/** One webhook destination of an app. Unfiltered (`eventTypes` empty) it receives every event. */
export const EventHook = z.object({
  /** Unique in its app; a single subject token. */
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, "_" or "-"'),
  enabled: z.boolean(),
  webhookUrl: z.string().max(2000),
  eventTypes: z.array(z.string().max(100)).max(100),
});
export type EventHook = z.output<typeof EventHook>;

/** KV bucket `apps`, key = the app's public API key. Owner: broadcast. */
export const AppRow = z.object({
  apiKey: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'expected 1 to 100 letters, digits, "_" or "-"'),
  orgId: z.string().min(1),
  /** AES-256-GCM under the master key; HS256 needs the secret itself. */
  sealedSecret: z.string(),
  eventHooks: z.array(EventHook).max(20),
});
export type AppRow = z.output<typeof AppRow>;

/** KV bucket `api_keys`, key = SHA-256 of the key, which itself is stored nowhere. Owner: broadcast. */
export const ApiKeyRow = z.object({
  sha256: Sha256,
  orgId: z.string().min(1),
  label: z.string().max(200),
  /** `streams:*` or one of its parts, such as `streams:liveInputs:read`. */
  scopes: z.array(z.string().max(100)).max(50),
});
export type ApiKeyRow = z.output<typeof ApiKeyRow>;
