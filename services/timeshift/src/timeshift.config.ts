import { z } from 'zod';
import { natsEnv, objectStoreEnv, opsEnv, partitionEnv, redisEnv } from '#shared/config';

const MEDIA_TO_FLUSH_RATIO = 10;

/** The environment of timeshift. */
export const timeshiftEnvironment = z
  .object({
    ...natsEnv,
    ...redisEnv,
    ...objectStoreEnv,
    ...opsEnv(8093),
    ...partitionEnv,
    FLUSH_INTERVAL_MS: z.coerce
      .number()
      .int()
      .min(200)
      .default(60_000)
      .describe('How long segments of an input are gathered before they become one archive object'),
    ARCHIVE_OBJECT_MAX_BYTES: z.coerce
      .number()
      .int()
      .min(1_000_000)
      .max(1_073_741_824)
      .default(67_108_864)
      .describe('Media bytes at which an archive object is written before its time'),
    SWEEP_INTERVAL_MS: z.coerce
      .number()
      .int()
      .min(1000)
      .default(600_000)
      .describe('How often expired hours and objects are removed'),
    RETENTION_GRACE_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(1_800_000)
      .default(600_000)
      .describe('How long bytes stay after no playlist refers to them any more'),
  })
  // Design decision 7: what the archive has not taken yet must still be on the bus after several failed flushes.
  .refine((env) => env.FLUSH_INTERVAL_MS * MEDIA_TO_FLUSH_RATIO <= env.MEDIA_MAX_AGE_SEC * 1000, {
    path: ['FLUSH_INTERVAL_MS'],
    message: `expected at most a tenth of MEDIA_MAX_AGE_SEC`,
  });
export type TimeshiftConfig = z.output<typeof timeshiftEnvironment>;
