import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);

/** The message bus. */
export const natsEnv = {
  NATS_URL: z
    .string()
    .default('nats://127.0.0.1:4222')
    .describe('NATS servers, comma separated; version 2.10 or later with JetStream'),
  BUS_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('Replicas of each JetStream stream and bucket; 3 on a cluster'),
  MEDIA_MAX_AGE_SEC: z.coerce
    .number()
    .int()
    .min(60)
    .default(900)
    .describe('How long the bus keeps media; at least ten times the archive flush interval'),
  MEDIA_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(16_000_000)
    .default(2_147_483_648)
    .describe('Bytes of media the bus keeps at most'),
};

/** The hot window. */
export const redisEnv = {
  REDIS_URL: z.string().default('redis://127.0.0.1:6379').describe('Redis or Valkey, commands of 7.0'),
};

/** The archive. */
export const objectStoreEnv = {
  S3_ENDPOINT: z.url().default('http://127.0.0.1:9000').describe('S3 endpoint, path style'),
  S3_REGION: z.string().default('us-east-1').describe('S3 region'),
  S3_ACCESS_KEY: z.string().describe('S3 access key'),
  S3_SECRET_KEY: z.string().describe('S3 secret key'),
  S3_BUCKET: z.string().min(3).max(63).default('headwater').describe('Bucket of the archive; made at boot when absent'),
};

/** The door of a service. */
export const httpEnv = (defaultPort: number) => ({
  HTTP_HOST: z.string().default('127.0.0.1').describe('Address the public door listens on'),
  HTTP_PORT: port.default(defaultPort).describe('Port of the public door; 0 takes a free one'),
});

/** The same door over TLS, with HTTP/2. */
export const httpsEnv = {
  HTTPS_PORT: port
    .optional()
    .describe(
      'Port of the public door over TLS, HTTP/2 and HTTP/1.1, at HTTP_HOST; 0 takes a free one. Without it there is none',
    ),
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe('PEM file of the certificate chain for HTTPS_PORT; read again when it changes'),
  TLS_KEY_FILE: z.string().optional().describe('PEM file of its private key; read again when it changes'),
};

/** The loopback door for health and metrics. */
export const opsEnv = (defaultPort: number) => ({
  OPS_HOST: z.string().default('127.0.0.1').describe('Address of the health and metrics door'),
  OPS_PORT: port.default(defaultPort).describe('Port of the health and metrics door; 0 takes a free one'),
});

/** How inputs are spread over packagers and archivers. */
export const partitionEnv = {
  PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe('Fixed number of partitions; the same on every node, never changed while inputs exist'),
  LEASE_MS: z.coerce.number().int().min(500).default(3000).describe('How long a partition stays with a silent holder'),
};

/** How long an input may be silent before it counts as stopped. */
export const reconnectEnv = {
  RECONNECT_WINDOW_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .default(30_000)
    .describe('Silence of an encoder before its broadcast counts as stopped and its playlist ends'),
};
