/** Environment variables that tests read; the launcher sets those that it can. Servers first, then commands that just work. */
export const testVariables = Object.freeze([
  'TEST_NATS_URL',
  'TEST_REDIS_URL',
  'TEST_S3_ENDPOINT',
  'TEST_S3_ACCESS_KEY',
  'TEST_S3_SECRET_KEY',
  'TEST_S3_BUCKET',
  'TEST_S3_REGION',
  'TEST_FFMPEG',
  'TEST_FFPROBE',
  'TEST_NGINX',
  'TEST_CHROMIUM',
  'TEST_DOCKER_COMPOSE',
]);

/** Variable that holds the command of a tool. @param {string} name as `findTool` knows it */
export const toolVariable = (name) => `TEST_${name.toUpperCase().replaceAll('-', '_')}`;
