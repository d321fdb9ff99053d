import { GenericContainer, Wait } from 'testcontainers';

/**
 * Servers for a single integration test run straight from an editor: containers, when the launcher did not bring any up.
 * Jest calls this once before the integration project; the containers end with it (jest.backends-down.js).
 */
export default async function startBackends() {
  if (process.env.TEST_NATS_URL) return;
  const containers = await Promise.all([nats(), redis(), s3()]).catch((error) => {
    throw new Error(
      `integration tests need real servers: run npm run test:integration, or start Docker (${error.message})`,
      { cause: error },
    );
  });
  globalThis.headwaterContainers = containers;
  const [bus, window, archive] = containers.map((container) => (port) => {
    return `${container.getHost()}:${container.getMappedPort(port)}`;
  });
  Object.assign(process.env, {
    TEST_NATS_URL: `nats://${bus(4222)}`,
    TEST_REDIS_URL: `redis://${window(6379)}`,
    TEST_S3_ENDPOINT: `http://${archive(9000)}`,
    TEST_S3_ACCESS_KEY: 'headwater',
    TEST_S3_SECRET_KEY: 'headwater-test',
    TEST_S3_BUCKET: 'headwater-test',
    TEST_S3_REGION: 'us-east-1',
  });
}

const nats = () =>
  new GenericContainer('nats:2.15-alpine')
    .withExposedPorts(4222)
    .withCopyFilesToContainer([{ source: 'deploy/nats.conf', target: '/etc/nats/nats-server.conf' }])
    .withCommand(['-c', '/etc/nats/nats-server.conf'])
    .withWaitStrategy(Wait.forLogMessage('Server is ready'))
    .start();

const redis = () =>
  new GenericContainer('valkey/valkey:9-alpine')
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start();

const s3 = () =>
  new GenericContainer('pgsty/silo')
    .withExposedPorts(9000)
    .withEnvironment({ MINIO_ROOT_USER: 'headwater', MINIO_ROOT_PASSWORD: 'headwater-test' })
    .withCommand(['server', '/data'])
    .withWaitStrategy(Wait.forHttp('/minio/health/live', 9000))
    .start();
