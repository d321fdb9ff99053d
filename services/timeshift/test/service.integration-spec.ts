import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  Payload,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { decodeHourBlob, hourOf, type SegmentEntry } from '#timeline';
import { loadConfig } from '#shared/config';
import {
  ARCHIVED_PATTERN,
  Archived,
  COVERAGE_PATTERN,
  CoverageReply,
  HOUR_BLOB_PATTERN,
  HourBlobReply,
  LiveInputRow,
  liveInputsBucket,
  partitionOf,
} from '#shared/contracts';
import { natsTransport } from '#shared/messaging';
import { eventually } from '#shared/testing';
import { startTimeshift, type RunningTimeshift } from '../src/boot.ts';
import { timeshiftEnvironment } from '../src/timeshift.config.ts';
import { ArchiveRig, backends, busOptions, silentLogger } from './support/archive-rig.ts';
import { expectWholeArchive } from './support/expect-archived.ts';
import { Source, newInputId, sha256Of } from './support/source.ts';

const PARTITIONS = 4;
const heard: Archived[] = [];

@Controller()
class Listener {
  @EventPattern<string>(ARCHIVED_PATTERN)
  onArchived(@Payload() payload: unknown): void {
    heard.push(Archived.parse(payload));
  }
}

@Module({ controllers: [Listener] })
class ListenerModule {}

const config = loadConfig(timeshiftEnvironment, {
  ...backends,
  OPS_PORT: '0',
  PARTITIONS: String(PARTITIONS),
  LEASE_MS: '800',
  FLUSH_INTERVAL_MS: '300',
  MEDIA_MAX_BYTES: '500000000',
});

let rig: ArchiveRig;
let client: ClientProxy;
let listener: { close(): Promise<void> };
let running: RunningTimeshift;

const newSource = (): Source => {
  const inputId = newInputId();
  return new Source(rig.bus, { inputId, partition: partitionOf(inputId, PARTITIONS), startEpochMs: Date.now() - 5000 });
};

const hourBlob = async (inputId: string, hour: number, knownTag?: string): Promise<HourBlobReply> =>
  HourBlobReply.parse(await lastValueFrom(client.send(HOUR_BLOB_PATTERN, { inputId, hour, knownTag })));

const coverage = async (inputId: string): Promise<CoverageReply> =>
  CoverageReply.parse(await lastValueFrom(client.send(COVERAGE_PATTERN, { inputId })));

const answeredRows = async (inputId: string): Promise<SegmentEntry[]> => {
  const { hours } = await coverage(inputId);
  const blobs = await Promise.all(hours.map((hour) => hourBlob(inputId, hour)));
  return blobs.flatMap((blob) => (blob.kind === 'blob' ? decodeHourBlob(Buffer.from(blob.base64, 'base64')) : []));
};

beforeAll(async () => {
  rig = await ArchiveRig.open();
  client = ClientProxyFactory.create(natsTransport(busOptions));
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(ListenerModule, {
    ...natsTransport(busOptions),
    logger: false,
  });
  await app.listen();
  listener = app;
  running = await startTimeshift(config, silentLogger);
});

afterAll(async () => {
  await running.close();
  await listener.close();
  await client.close();
  await rig.close();
});

describe('the service', () => {
  it('archives what the journal tells, says so, and answers with it', async () => {
    const source = newSource();
    await source.send(3);
    await eventually(() => heard.some((fact) => fact.inputId === source.inputId && fact.trackId === 2));
    expect(heard.filter((fact) => fact.inputId === source.inputId)).toEqual(
      expect.arrayContaining([
        { inputId: source.inputId, trackId: 1, throughMediaSequence: 2 },
        { inputId: source.inputId, trackId: 2, throughMediaSequence: 2 },
      ]),
    );
    expect(await answeredRows(source.inputId)).toEqual(await rig.rows(source.inputId));
    await expectWholeArchive(rig, source);
  });

  it('answers the growing hour with everything flushed so far, and unchanged when it is', async () => {
    const source = newSource();
    await source.send(1);
    await eventually(async () => (await answeredRows(source.inputId)).length === 2);
    const hour = hourOf(source.sent[0]!.closed.startEpochMs);
    const first = await hourBlob(source.inputId, hour);
    expect(first.kind).toBe('blob');
    const tag = first.kind === 'blob' ? first.tag : '';
    expect(await hourBlob(source.inputId, hour, tag)).toEqual({ kind: 'unchanged' });
    await source.send(1);
    await eventually(async () => (await hourBlob(source.inputId, hour, tag)).kind === 'blob');
    expect(await answeredRows(source.inputId)).toHaveLength(4);
  });

  it('answers from the bucket after Redis lost everything', async () => {
    const source = newSource();
    await source.send(2);
    await eventually(async () => (await answeredRows(source.inputId)).length === 4);
    await rig.redis.flushall();
    expect(await answeredRows(source.inputId)).toEqual(await rig.rows(source.inputId));
    await source.send(1);
    await eventually(async () => (await answeredRows(source.inputId)).length === 6);
  });

  it('answers none and an empty coverage for an input that has nothing', async () => {
    const inputId = newInputId();
    expect(await hourBlob(inputId, hourOf(Date.now()))).toEqual({ kind: 'none' });
    expect(await hourBlob(inputId, hourOf(Date.now()))).toEqual({ kind: 'none' });
    expect((await coverage(inputId)).hours).toEqual([]);
  });

  it('lists nothing older than the retention of the input, though it is still stored', async () => {
    const inputId = newInputId();
    const table = await rig.bus.table(liveInputsBucket);
    await table.put(
      inputId,
      LiveInputRow.parse({
        id: inputId,
        externalId: inputId.replace('li_', 'lv_'),
        orgId: 'org',
        name: 'test',
        ingest: 'fmp4',
        streamKeySha256: sha256Of(Buffer.from('key')),
        createdAtMs: Date.now(),
        retentionDays: 1,
      }),
    );
    const old = new Source(rig.bus, {
      inputId,
      partition: partitionOf(inputId, PARTITIONS),
      startEpochMs: Date.now() - 26 * 3_600_000,
    });
    await old.send(1);
    await eventually(async () => (await rig.rows(inputId)).length === 2);
    await eventually(async () => Date.now() - (await coverage(inputId)).retainedFromMs < 25 * 3_600_000);
    expect((await coverage(inputId)).hours).toEqual([]);
    expect(await hourBlob(inputId, hourOf(old.sent[0]!.closed.startEpochMs))).toEqual({ kind: 'none' });
  });

  it('refuses a request that is not of the contract with a code and a reason', async () => {
    await expect(lastValueFrom(client.send(HOUR_BLOB_PATTERN, { inputId: 'nobody', hour: 1.5 }))).rejects.toMatchObject(
      {
        code: 'InvalidRequest',
        message: expect.stringContaining('expected li_ and 8 to 40 letters or digits'),
      },
    );
  });

  it('is ready and shows its figures', async () => {
    const base = `http://127.0.0.1:${running.opsPort}`;
    expect((await fetch(`${base}/health/ready`)).status).toBe(200);
    const figures = await (await fetch(`${base}/metrics`)).text();
    for (const name of [
      'archived_segments_total',
      'objects_total',
      'put_seconds',
      'lost_segments_total',
      'archive_lag_seconds',
    ])
      expect(figures).toContain(`headwater_timeshift_${name}`);
  });

  it('hands its partitions over to a second process without a loss', async () => {
    const sources = Array.from({ length: 6 }, newSource);
    await Promise.all(sources.map((source) => source.send(2)));
    const second = await startTimeshift(config, silentLogger);
    await Promise.all(sources.map((source) => source.send(2)));
    await running.close();
    await Promise.all(sources.map((source) => source.send(2)));
    running = second;
    for (const source of sources) {
      await eventually(async () => (await rig.rows(source.inputId)).length === 12, { withinMs: 15_000 });
      await expectWholeArchive(rig, source);
    }
  }, 40_000);
});
