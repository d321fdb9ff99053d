/** Connection facts of the real servers a test runs against; the launcher brings them up and names them in the environment. */
export interface Backends {
  readonly NATS_URL: string;
  readonly REDIS_URL: string;
  readonly S3_ENDPOINT: string;
  readonly S3_ACCESS_KEY: string;
  readonly S3_SECRET_KEY: string;
  readonly S3_BUCKET: string;
  readonly S3_REGION: string;
}

const NAMES = [
  'NATS_URL',
  'REDIS_URL',
  'S3_ENDPOINT',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'S3_BUCKET',
  'S3_REGION',
] as const;

/** Reads `TEST_*`; throws naming what is missing, since a test against nothing shows nothing. */
export function backendsFromEnvironment(): Backends {
  const found = Object.fromEntries(NAMES.map((name) => [name, process.env[`TEST_${name}`] ?? ''])) as Record<
    (typeof NAMES)[number],
    string
  >;
  const missing = NAMES.filter((name) => found[name] === '');
  if (missing.length > 0)
    throw new Error(`expected TEST_${missing.join(', TEST_')} in the environment: run through npm test`);
  return found;
}
