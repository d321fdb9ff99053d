import { z } from 'zod';
import { httpEnv, natsEnv, opsEnv, partitionEnv } from '#shared/config';
import { isAddressRange } from './http/client-address.ts';

const ms = (fallback: number, what: string) => z.coerce.number().int().min(1).default(fallback).describe(what);

/** The environment of the ingest service. */
export const IngestEnvironment = z.object({
  ...natsEnv,
  ...httpEnv(8081),
  ...opsEnv(8090),
  PARTITIONS: partitionEnv.PARTITIONS,
  MAX_CHUNK_BYTES: z.coerce
    .number()
    .int()
    .min(65_536)
    .default(8_380_416)
    .describe('Largest chunk taken; never more than the bus takes in one message'),
  TIMESTAMP_GAP_MS: ms(1000, 'Gap between two chunks of a track above which a new epoch begins (DISCONTINUITY)'),
  PUBLISHER_QUIET_MS: ms(3000, 'Silence of a publisher after which another connection may take its track'),
  SESSION_IDLE_MS: ms(10_000, 'Silence after which a publisher that sends one file for each request has left'),
  UPLOAD_IDLE_MS: ms(30_000, 'Silence after which a connection in the middle of an upload is cut'),
  NO_KEYFRAME_MS: ms(10_000, 'Media without a keyframe after which the streamer is told'),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => (part.trim() === '' ? [] : part.trim())))
    .refine((proxies) => proxies.every(isAddressRange), 'expected addresses or CIDR ranges, comma separated')
    .describe('Proxies whose Forwarded or X-Forwarded-For is believed: addresses or CIDR ranges, comma separated'),
  PUBLISH_RETRY_MS: ms(10_000, 'How long a chunk waits for the bus before the encoder is answered 503'),
});

/** The configuration of the ingest service by its class token; its values are those of {@link IngestEnvironment}. */
export class IngestConfig {
  constructor(readonly values: z.output<typeof IngestEnvironment>) {}
}
