import { MEDIA_STREAM } from '#shared/contracts';
import type { Bus } from '#shared/messaging';
import { ChunkBytes } from '../ports.ts';

/** Chunks as ingest stored them in MEDIA. */
export class NatsChunkBytes extends ChunkBytes {
  constructor(private readonly bus: Bus) {
    super();
  }

  async get(streamSequence: number): Promise<Buffer | undefined> {
    const message = await this.bus.manager.direct.getMessage(MEDIA_STREAM, { seq: streamSequence });
    if (message === null) return undefined;
    const { buffer, byteOffset, byteLength } = message.data;
    return Buffer.from(buffer, byteOffset, byteLength);
  }
}
