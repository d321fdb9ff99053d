import { ConsoleLogger, Inject, Injectable } from '@nestjs/common';
import { BroadcastConfig } from '../broadcast.config.ts';
import { KvApiKeys } from './kv-api-keys.ts';
import { KvApps } from './kv-apps.ts';

/** The one organisation that configuration may name: its API key and its app, made at boot. */
@Injectable()
export class ConfiguredTenant {
  constructor(
    @Inject(BroadcastConfig) private readonly config: BroadcastConfig,
    @Inject(KvApps) private readonly apps: KvApps,
    @Inject(KvApiKeys) private readonly keys: KvApiKeys,
    @Inject(ConsoleLogger) private readonly logger: ConsoleLogger,
  ) {}

  /** Makes it when all four variables are given; some of them alone are a mistake that is logged. */
  async ensure(): Promise<void> {
    const {
      BOOTSTRAP_ORG_ID: orgId,
      BOOTSTRAP_API_KEY: key,
      BOOTSTRAP_APP_KEY: apiKey,
      BOOTSTRAP_APP_SECRET: secret,
    } = this.config.values;
    if (orgId === undefined || key === undefined || apiKey === undefined || secret === undefined) {
      if ([orgId, key, apiKey, secret].some((value) => value !== undefined))
        this.logger.warn('tenant.incomplete', { reason: 'expected all four BOOTSTRAP_ variables or none' });
      return;
    }
    await this.keys.ensure(key, { orgId, label: 'bootstrap', scopes: ['streams:*'] });
    await this.apps.ensure({ apiKey, orgId, secret });
  }
}
