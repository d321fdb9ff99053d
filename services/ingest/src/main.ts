import 'reflect-metadata';
import { env } from 'node:process';
import { loadConfig } from '#shared/config';
import { runService } from '#shared/http';
import { createLogger } from '#shared/observability';
import { IngestConfig, IngestEnvironment } from './ingest.config.ts';
import { startIngest } from './start-ingest.ts';

const logger = createLogger('ingest');

await runService(logger, () => startIngest(new IngestConfig(loadConfig(IngestEnvironment, env)), logger));
