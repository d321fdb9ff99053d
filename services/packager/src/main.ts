import 'reflect-metadata';
import { env } from 'node:process';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { loadConfig } from '#shared/config';
import { runService } from '#shared/http';
import { natsTransport } from '#shared/messaging';
import { createLogger } from '#shared/observability';
import { PackagerEnvironment } from './packager.config.ts';
import { PackagerModule } from './packager.module.ts';
import { Readiness } from './readiness.ts';

const logger = createLogger('packager');

await runService(logger, async () => {
  const config = loadConfig(PackagerEnvironment, env);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(PackagerModule.register(config, logger), {
    ...natsTransport(config),
    logger,
  });
  const readiness = app.get(Readiness);
  const opsPort = await readiness.listen(config.OPS_HOST, config.OPS_PORT);
  await app.listen();
  logger.log('ops.listening', { port: opsPort });
  return {
    close: async () => {
      readiness.drain();
      await app.close();
    },
  };
});
