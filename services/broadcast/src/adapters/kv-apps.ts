import { randomBytes } from 'node:crypto';
import type { OnModuleDestroy } from '@nestjs/common';
import { appsBucket, type AppRow, type EventHook } from '#shared/contracts';
import { KvConflictError, KvMirror, type Bus, type KvTable } from '#shared/messaging';
import type { BroadcastConfig } from '../broadcast.config.ts';
import { CallNotFoundError } from '../domain/call-errors.ts';
import { openSecret, sealSecret } from '../domain/sealed-secret.ts';
import { Apps, type App } from '../ports.ts';

const MAX_ATTEMPTS = 5;

/** The bucket `apps`, in memory; secrets are opened under the master key only here. */
export class KvApps extends Apps implements OnModuleDestroy {
  readonly #mirror = new KvMirror<(typeof appsBucket)['row']>();
  readonly #secrets = new Map<string, { sealed: string; secret: string }>();

  private constructor(
    private readonly table: KvTable<(typeof appsBucket)['row']>,
    private readonly masterKey: Uint8Array,
  ) {
    super();
  }

  static async open(this: void, bus: Bus, { values }: BroadcastConfig): Promise<KvApps> {
    const apps = new KvApps(await bus.table(appsBucket), values.HEADWATER_MASTER_KEY);
    await apps.#mirror.start(apps.table);
    return apps;
  }

  onModuleDestroy(): void {
    this.#mirror.stop();
  }

  /** Every app's row, secrets sealed. */
  rows(): AppRow[] {
    return this.#mirror.values();
  }

  /** Calls back after each change; the returned function unsubscribes. */
  onChange(listener: () => void): () => void {
    return this.#mirror.onChange(listener);
  }

  override find(apiKey: string): App | undefined {
    const row = this.#mirror.get(apiKey);
    return row === undefined ? undefined : { ...row, secret: this.#open(row) };
  }

  override enabledHooks(apiKey: string): EventHook[] {
    return this.#mirror.get(apiKey)?.eventHooks.filter((hook) => hook.enabled) ?? [];
  }

  override async replaceHooks(apiKey: string, eventHooks: EventHook[]): Promise<App> {
    const row = await this.#change(apiKey, (before) => {
      if (before === undefined) throw new CallNotFoundError(`app "${apiKey}" does not exist`);
      return { ...before, eventHooks };
    });
    return { ...row, secret: this.#open(row) };
  }

  /** Makes an app that configuration names, or gives it the configured secret; its hooks stay. */
  async ensure(app: { apiKey: string; orgId: string; secret: string }): Promise<void> {
    const context = contextOf(app.apiKey);
    await this.#change(app.apiKey, (before) => ({
      apiKey: app.apiKey,
      orgId: app.orgId,
      sealedSecret: sealSecret(app.secret, { masterKey: this.masterKey, iv: randomBytes(12), context }),
      eventHooks: before?.eventHooks ?? [],
    }));
  }

  async #change(apiKey: string, next: (before: AppRow | undefined) => AppRow): Promise<AppRow> {
    for (let attempt = 1; ; attempt += 1) {
      const before = await this.table.get(apiKey);
      const row = next(before?.value);
      try {
        if (before === undefined) await this.table.create(apiKey, row);
        else await this.table.update(apiKey, row, before.revision);
        return row;
      } catch (error) {
        if (!(error instanceof KvConflictError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  #open(row: AppRow): string {
    const known = this.#secrets.get(row.apiKey);
    if (known?.sealed === row.sealedSecret) return known.secret;
    const secret = openSecret(row.sealedSecret, { masterKey: this.masterKey, context: contextOf(row.apiKey) });
    this.#secrets.set(row.apiKey, { sealed: row.sealedSecret, secret });
    return secret;
  }
}

const contextOf = (apiKey: string): string => `app-secret:${apiKey}`;
