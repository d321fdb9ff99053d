import { createHash, randomBytes } from 'node:crypto';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import {
  COVERAGE_PATTERN,
  HOUR_BLOB_PATTERN,
  type CoverageReply,
  type HourBlobReply,
  type HourBlobRequest,
} from '#shared/contracts';
import { natsTransport } from '#shared/messaging';
import { MinioObjectStore } from '#shared/object-store';
import { backendsFromEnvironment } from '#shared/testing';
import { encodeHourBlob, hourOf, type SegmentEntry } from '#timeline';

/** What the stub has archived, by input. */
const archived = new Map<string, SegmentEntry[]>();
const retainedFromMs = new Map<string, number>();
let hourRequests = 0;

const hoursIn = (inputId: string): number[] => [
  ...new Set((archived.get(inputId) ?? []).map((entry) => hourOf(entry.startEpochMs))),
];

@Controller()
class ArchiveStubController {
  @MessagePattern(HOUR_BLOB_PATTERN)
  hourBlob({ inputId, hour, knownTag }: HourBlobRequest): HourBlobReply {
    hourRequests += 1;
    const entries = (archived.get(inputId) ?? []).filter((entry) => hourOf(entry.startEpochMs) === hour);
    if (entries.length === 0) return { kind: 'none' };
    const blob = encodeHourBlob(entries);
    const tag = createHash('sha256').update(blob).digest('hex');
    return knownTag === tag
      ? { kind: 'unchanged' }
      : { kind: 'blob', tag, base64: Buffer.from(blob).toString('base64') };
  }

  @MessagePattern(COVERAGE_PATTERN)
  coverage({ inputId }: { inputId: string }): CoverageReply {
    return { hours: hoursIn(inputId), retainedFromMs: retainedFromMs.get(inputId) ?? 0 };
  }
}

@Module({ controllers: [ArchiveStubController] })
class ArchiveStubModule {}

/** Stands for the timeshift service: its replies over the real bus, its objects in the real store. */
export class ArchiveStub {
  readonly store = new MinioObjectStore(backendsFromEnvironment());

  private constructor(private readonly close_: () => Promise<void>) {}

  static async start(): Promise<ArchiveStub> {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(ArchiveStubModule, {
      ...natsTransport(backendsFromEnvironment(), 'timeshift'),
      logger: false,
    });
    await app.listen();
    const stub = new ArchiveStub(() => app.close());
    await stub.store.ensureBucket();
    return stub;
  }

  get hourRequests(): number {
    return hourRequests;
  }

  retainFrom(inputId: string, epochMs: number): void {
    retainedFromMs.set(inputId, epochMs);
  }

  /** Archives segments with these bytes as one object. */
  async put(inputId: string, segments: ReadonlyArray<{ entry: Partial<SegmentEntry>; bytes: Buffer }>): Promise<void> {
    const objectKey = `media/${inputId}/${randomBytes(6).toString('hex')}.hwar`;
    await this.store.put(objectKey, Buffer.concat(segments.map(({ bytes }) => bytes)));
    let offsetBytes = 0;
    const entries = archived.get(inputId) ?? [];
    for (const { entry, bytes } of segments) {
      entries.push({
        trackId: 1,
        epoch: 0,
        mediaSequence: 0,
        startEpochMs: 0,
        durationMs: 2000,
        discontinuitySequence: 0,
        initSha256: '',
        ...entry,
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        objectKey,
        offsetBytes,
      });
      offsetBytes += bytes.length;
    }
    archived.set(inputId, entries);
  }

  close(): Promise<void> {
    return this.close_();
  }
}
