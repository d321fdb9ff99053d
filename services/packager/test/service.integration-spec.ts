import 'reflect-metadata';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, type MicroserviceOptions } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { signingKeyOf } from '#provenance';
import { loadConfig } from '#shared/config';
import { ARCHIVED_PATTERN, originKeysBucket, type Archived } from '#shared/contracts';
import { natsTransport } from '#shared/messaging';
import { createLogger } from '#shared/observability';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import { PackagerEnvironment } from '../src/packager.config.ts';
import { PackagerModule } from '../src/packager.module.ts';
import { Readiness } from '../src/readiness.ts';
import { PackagerRig, SIGNING_SEED } from './support/packager-rig.ts';
import type { TestInput } from './support/test-input.ts';
import { verifyJournal } from './support/verify-journal.ts';

let rig: PackagerRig;
let input: TestInput;
let app: INestMicroservice;
let opsUrl: string;

beforeAll(async () => {
  rig = await PackagerRig.open();
  input = await rig.newLeasedInput();
  const { NATS_URL, REDIS_URL } = backendsFromEnvironment();
  const config = loadConfig(PackagerEnvironment, {
    ...{ NATS_URL, REDIS_URL },
    ...{ PARTITIONS: '4', LEASE_MS: '1000', WINDOW_KEEP_MS: '30000', OPS_PORT: '0' },
    ORIGIN_SIGNING_KEY: SIGNING_SEED,
  });
  const logger = createLogger('packager');
  logger.setLogLevels([]);
  app = await NestFactory.createMicroservice<MicroserviceOptions>(PackagerModule.register(config, logger), {
    ...natsTransport(config),
    logger,
  });
  opsUrl = `http://127.0.0.1:${await app.get(Readiness).listen('127.0.0.1', config.OPS_PORT)}`;
});

afterAll(async () => {
  await app.close();
  await rig.close();
});

const tellArchived = async (event: Archived): Promise<void> => {
  const client = ClientProxyFactory.create(natsTransport(backendsFromEnvironment()));
  await lastValueFrom(client.emit(ARCHIVED_PATTERN, event), { defaultValue: undefined });
  await client.close();
};

describe('the packager service', () => {
  it('is ready only once it takes part in the sharing of partitions', async () => {
    expect((await fetch(`${opsUrl}/health/ready`)).status).toBe(503);
    await app.listen();
    const ready = await fetch(`${opsUrl}/health/ready`);
    expect(await ready.json()).toMatchObject({ status: 'ready', checks: { bus: true, redis: true, leases: true } });
  });

  it('keeps what the archive does not have, and drops it once it is told that it has', async () => {
    const gop = (index: number): Promise<void> => input.chunk({ startMs: index * 2000, lengthMs: 2000 });
    for (let index = 0; index < 41; index += 1) await gop(index);
    const full = await eventually(async () => {
      const window = await input.trackWindow();
      return window !== undefined && window.segments.length >= 40 && window;
    });
    expect(full.segments[0]?.mediaSequence).toBe(0);
    await tellArchived({ inputId: input.inputId, trackId: 1, throughMediaSequence: 20 });
    let next = 41;
    const trimmed = await eventually(async () => {
      await gop(next);
      next += 1;
      const window = await input.trackWindow();
      return window?.archivedThrough === 20 && window;
    });
    expect(trimmed.segments[0]?.mediaSequence).toBe(21);
    await eventually(async () => {
      const keys = await rig.redis.keys(`hw:{${input.inputId}}:p:1:*`);
      return keys.length === (await input.trackWindow())?.segments.length;
    });
  });

  it('signs the chain with the configured key and makes the public one known', async () => {
    const { keyId, publicKey } = signingKeyOf(SIGNING_SEED);
    const known = await (await rig.bus.table(originKeysBucket)).get(keyId);
    expect(known?.value).toMatchObject({ algorithm: 'Ed25519', publicKey });
    const records = await input.records();
    verifyJournal(records);
    const segments = (await input.trackWindow())?.segments ?? [];
    for (const { mediaSequence, chain, signature } of segments)
      expect({ chain, signature }).toEqual({
        chain: records[mediaSequence]?.chain,
        signature: records[mediaSequence]?.signature,
      });
  });

  it('counts what it does', async () => {
    const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
    expect(metrics).toMatch(/headwater_packager_partitions_held\{.*\} [1-4]\b/);
    expect(metrics).toMatch(/headwater_packager_segments_closed_total\{.*closed_by="boundary".*\} \d{2}/);
  });
});
