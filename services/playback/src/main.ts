import 'reflect-metadata';
import { env } from 'node:process';
import { loadConfig } from '#shared/config';
import { runService } from '#shared/http';
import { createLogger } from '#shared/observability';
import { startPlayback } from './boot.ts';
import { PlaybackConfig, PlaybackEnvironment } from './playback.config.ts';

const logger = createLogger('playback');

await runService(logger, async () => {
  const config = new PlaybackConfig(loadConfig(PlaybackEnvironment, env));
  const running = await startPlayback(config, logger);
  logger.log('playback.listening', {
    httpPort: running.httpPort,
    httpsPort: running.httpsPort,
    opsPort: running.opsPort,
  });
  return running;
});
