import { z } from 'zod';
import { natsEnv, opsEnv, partitionEnv, redisEnv } from '#shared/config';

/** The environment of the packager. */
export const PackagerEnvironment = z.object({
  ...natsEnv,
  ...redisEnv,
  ...opsEnv(8091),
  ...partitionEnv,
  WINDOW_KEEP_MS: z.coerce
    .number()
    .int()
    .min(30_000)
    .max(600_000)
    .default(180_000)
    .describe('How much media the live window keeps at least; more when the archive is behind, at most 10 minutes'),
});
export type PackagerEnvironment = z.output<typeof PackagerEnvironment>;
