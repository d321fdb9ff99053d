import { z } from 'zod';
import { natsEnv, opsEnv, partitionEnv, redisEnv } from '#shared/config';

/** The environment of the packager. */
export const PackagerEnvironment = z.object({
  ...natsEnv,
  ...redisEnv,
  ...opsEnv(8091),
  ...partitionEnv,
  PART_TARGET_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(4000)
    .default(500)
    .describe("Wanted length of a Low-Latency HLS part; the nearest one that the encoder's chunks allow is taken"),
  ORIGIN_SIGNING_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes in base64url')
    .optional()
    .describe('Seed of the Ed25519 key that signs the hash chain: 32 bytes in base64url; without it nothing is signed'),
  WINDOW_KEEP_MS: z.coerce
    .number()
    .int()
    .min(30_000)
    .max(600_000)
    .default(180_000)
    .describe('How much media the live window keeps at least; more when the archive is behind, at most 10 minutes'),
});
export type PackagerEnvironment = z.output<typeof PackagerEnvironment>;
