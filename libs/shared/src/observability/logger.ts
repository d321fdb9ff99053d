import { env } from 'node:process';
import { ConsoleLogger } from '@nestjs/common';

/** JSON lines; the message is a stable event name, the rest are fields. */
export type OriginLogger = ConsoleLogger;

const REDACTED = [
  'authorization',
  'streamKey',
  'stream_key',
  'stream_key_cleartext',
  'sk',
  'tok',
  'token',
  'apiKey',
  'api_key',
  'apiSecret',
  'secret',
  'password',
];

/** The logger of a service. Level by NEST_LOG_LEVEL, `log` by default; secrets are masked by key name. */
export const createLogger = (service: string): OriginLogger =>
  new ConsoleLogger(service, {
    json: true,
    colors: false,
    redact: REDACTED,
    // Nest's own default shows debug lines, one for each chunk.
    ...(env['NEST_LOG_LEVEL'] === undefined ? { logLevels: ['log', 'warn', 'error', 'fatal'] } : {}),
  });
