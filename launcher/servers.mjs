/** Brings NATS, Redis and S3 up for tests that are run by hand: prints the environment they read, and stays until Ctrl-C. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { createProgress } from './lib/progress.mjs';
import { bringUpServers, testEnvironment } from './lib/servers.mjs';

const { values } = parseArgs({
  options: {
    'run-dir': { type: 'string', default: '.run/servers' },
    'base-port': { type: 'string', default: '18400' },
  },
});

async function main() {
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const servers = await bringUpServers({
    runDir: values['run-dir'],
    basePort: Number(values['base-port']),
    progress: createProgress(),
    bucket: 'headwater-test',
  });
  for (const [name, value] of Object.entries(testEnvironment(servers))) console.log(`export ${name}='${value}'`);
  await interrupted;
  await servers.stop();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
