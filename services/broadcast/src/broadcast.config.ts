import { z } from 'zod';
import { httpEnv, natsEnv, opsEnv, reconnectEnv } from '#shared/config';

const url = (value: string, description: string) =>
  z
    .url()
    .default(value)
    .transform((text) => text.replace(/\/+$/, ''))
    .describe(description);

/** The environment of the broadcast service. */
export const BroadcastEnvironment = z.object({
  ...natsEnv,
  ...httpEnv(8082),
  ...opsEnv(8094),
  ...reconnectEnv,
  PUBLIC_PLAYBACK_URL: url('http://127.0.0.1:8080', 'Base URL that players reach playback at'),
  PUBLIC_INGEST_URL: url('http://127.0.0.1:8081', 'Base URL that encoders reach ingest at'),
  HEADWATER_MASTER_KEY: z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((key) => key.length === 32, 'expected 32 bytes as base64')
    .describe('Key that secrets are sealed under: 32 bytes, base64'),
  BOOTSTRAP_ORG_ID: z.string().min(1).optional().describe('Organisation made at boot; only with the three below'),
  BOOTSTRAP_API_KEY: z.string().min(16).optional().describe('API key of that organisation for streams.*'),
  BOOTSTRAP_APP_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/)
    .optional()
    .describe('Public API key of that organisation for the call API'),
  BOOTSTRAP_APP_SECRET: z.string().min(16).optional().describe('Secret that signs tokens of the call API and webhooks'),
  WEBHOOK_ALLOW_PRIVATE: z
    .stringbool()
    .default(false)
    .describe('Send webhooks to loopback, private and link-local addresses too'),
  WEBHOOK_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(10_000).describe('Time a webhook may take'),
  ARM_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .default(120_000)
    .describe('How long a started broadcast waits for media before it fails'),
});

/** The configuration of the broadcast service by its class token; its values are those of {@link BroadcastEnvironment}. */
export class BroadcastConfig {
  constructor(readonly values: z.output<typeof BroadcastEnvironment>) {}
}
