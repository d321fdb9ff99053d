import { z } from 'zod';
import { httpEnv, httpsEnv, natsEnv, objectStoreEnv, opsEnv, reconnectEnv, redisEnv } from '#shared/config';

const HOUR_MS = 3_600_000;

const variables = z.object({
  ...natsEnv,
  ...redisEnv,
  ...objectStoreEnv,
  ...httpEnv(8080),
  ...httpsEnv,
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
  SELF_AUDIT_INPUTS: z
    .string()
    .default('')
    .describe(
      'Live inputs (li_…, by commas) whose playlists the service audits all the time; * for all that somebody watches',
    ),
  HANDLE_RESOLVER_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Server whose com.atproto.identity.resolveHandle finds the DID of a handle; without it only known ones'),
});

/** The environment of the playback service. */
export const PlaybackEnvironment = variables.refine(
  ({ HTTPS_PORT, TLS_CERT_FILE, TLS_KEY_FILE }) =>
    HTTPS_PORT === undefined || (TLS_CERT_FILE !== undefined && TLS_KEY_FILE !== undefined),
  { path: ['HTTPS_PORT'], error: 'expected TLS_CERT_FILE and TLS_KEY_FILE beside it' },
);

type Environment = z.output<typeof PlaybackEnvironment>;

/** The configuration of the playback service by its class token; its values are those of {@link PlaybackEnvironment}. */
export class PlaybackConfig {
  constructor(readonly values: Environment) {}
}
