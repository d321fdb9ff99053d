import { connect } from 'node:net';
import { backendsFromEnvironment } from '#shared/testing';

/** FLUSHALL on the test Redis, spoken by hand so that no code of the origin is in the way. */
export function flushRedis(url = backendsFromEnvironment().REDIS_URL): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write('FLUSHALL\r\n'));
    socket.once('error', reject).once('data', (answer) => {
      socket.destroy();
      if (answer.toString().startsWith('+OK')) resolve();
      else reject(new Error(`FLUSHALL: ${answer.toString()}`));
    });
  });
}
