import { Injectable } from '@nestjs/common';
import type { Bus } from '#shared/messaging';
import { MEDIA_STREAM, initSegmentKey } from '#shared/contracts';
import { MediaSource } from '../ports.ts';

/** Chunk bytes by direct get from MEDIA, init segments from their KV bucket. */
@Injectable()
export class NatsMediaSource extends MediaSource {
  constructor(
    private readonly bus: Bus,
    private readonly initSegments: Awaited<ReturnType<Bus['initSegments']>>,
  ) {
    super();
  }

  override async chunk(streamSequence: number): Promise<Uint8Array | undefined> {
    const message = await this.bus.manager.direct.getMessage(MEDIA_STREAM, { seq: streamSequence });
    return message?.data;
  }

  override async initSegment(inputId: string, sha256: string): Promise<Uint8Array | undefined> {
    const entry = await this.initSegments.get(initSegmentKey(inputId, sha256));
    return entry?.operation === 'PUT' ? entry.value : undefined;
  }
}
