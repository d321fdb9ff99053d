import 'reflect-metadata';
import { env } from 'node:process';
import { loadConfig } from '#shared/config';
import { runService } from '#shared/http';
import { createLogger } from '#shared/observability';
import { startTimeshift } from './boot.ts';
import { timeshiftEnvironment } from './timeshift.config.ts';

const logger = createLogger('timeshift');

await runService(logger, async () => {
  const running = await startTimeshift(loadConfig(timeshiftEnvironment, env), logger);
  logger.log('timeshift.working', { opsPort: running.opsPort });
  return running;
});
