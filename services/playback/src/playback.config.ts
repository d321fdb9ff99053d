import { z } from 'zod';
import { httpEnv, natsEnv, objectStoreEnv, opsEnv, reconnectEnv, redisEnv } from '#shared/config';

const HOUR_MS = 3_600_000;

/** The environment of the playback service. */
export const PlaybackEnvironment = z.object({
  ...natsEnv,
  ...redisEnv,
  ...objectStoreEnv,
  ...httpEnv(8080),
  ...opsEnv(8092),
  ...reconnectEnv,
  PLAYLIST_WINDOW_MS: z.coerce
    .number()
    .int()
    .min(6000)
    .max(600_000)
    .default(30_000)
    .describe('How much a live playlist shows at least, ms; never less than three target durations'),
  CACHE_BYTES: z.coerce
    .number()
    .int()
    .min(1_000_000)
    .default(268_435_456)
    .describe('Bytes of segments that a playback process keeps in memory'),
  MAX_RANGE_MS: z.coerce
    .number()
    .int()
    .min(60_000)
    .max(30 * 24 * HOUR_MS)
    .default(24 * HOUR_MS)
    .describe('The longest range of one shifted playlist, ms'),
  MAX_MIRRORED_INPUTS: z.coerce
    .number()
    .int()
    .min(1)
    .default(500)
    .describe('Live inputs whose windows a playback process keeps in memory'),
  HANDLE_RESOLVER_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Server whose com.atproto.identity.resolveHandle finds the DID of a handle; without it only known ones'),
});

type Environment = z.output<typeof PlaybackEnvironment>;

/** The configuration of the playback service by its class token; its values are those of {@link PlaybackEnvironment}. */
export class PlaybackConfig {
  constructor(readonly values: Environment) {}
}
