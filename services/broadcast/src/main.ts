import 'reflect-metadata';
import { env } from 'node:process';
import { loadConfig } from '#shared/config';
import { runService } from '#shared/http';
import { createLogger } from '#shared/observability';
import { BroadcastConfig, BroadcastEnvironment } from './broadcast.config.ts';
import { startBroadcast } from './start-broadcast.ts';

const logger = createLogger('broadcast');

await runService(logger, () => startBroadcast(new BroadcastConfig(loadConfig(BroadcastEnvironment, env)), logger));
