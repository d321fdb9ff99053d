import { randomBytes } from 'node:crypto';
import {
  ChunkHeaders,
  chunkSubject,
  EndHeaders,
  endSubject,
  InitHeaders,
  initSubject,
  JOURNAL_STREAM,
  segmentClosedSubject,
  SegmentClosed,
  WindowFact,
  windowFactSubject,
  type TrackWindow,
} from '#shared/contracts';
import type { RedisLiveWindow } from '#shared/live-window';
import { toHeaders, type Bus } from '#shared/messaging';
import { sha256 } from '../media.ts';

const TIMESCALE = 90_000;

/** What an input of a test works with. */
export interface TestServers {
  readonly bus: Bus;
  readonly window: RedisLiveWindow;
  readonly inits: { readonly video: Uint8Array; readonly audio: Uint8Array };
}

/** The facts of a chunk that a test cares for. */
export interface TestChunk {
  readonly trackId?: number;
  readonly kind?: 'video' | 'audio';
  readonly startMs: number;
  readonly lengthMs?: number;
  readonly independent?: boolean;
  readonly epoch?: number;
  /** Boxes before the media. */
  readonly boxes?: Uint8Array;
}

/** One live input of a test. */
export class TestInput {
  /** Chunks published, by track. */
  readonly sent = new Map<number, Uint8Array[]>();

  constructor(
    private readonly servers: TestServers,
    readonly inputId: string,
    readonly partition: number,
  ) {}

  async chunk({ trackId = 1, kind = 'video', ...facts }: TestChunk): Promise<void> {
    const { startMs, lengthMs = 500, independent = true, epoch = 0, boxes = new Uint8Array() } = facts;
    const bytes = Buffer.concat([boxes, mediaBox()]);
    this.sent.set(trackId, [...(this.sent.get(trackId) ?? []), bytes]);
    await this.#publish(chunkSubject.format(this.#place(trackId)), bytes, {
      headers: toHeaders(ChunkHeaders, {
        'Hw-Epoch': epoch,
        'Hw-Anchor-Ms': 1_700_000_000_000 + epoch * 100_000,
        'Hw-Decode-Time': ticks(startMs),
        'Hw-Duration': ticks(lengthMs),
        'Hw-Timescale': TIMESCALE,
        'Hw-Independent': independent,
        'Hw-Ingested-Ms': Date.now(),
        'Hw-Sha256': sha256(bytes),
        'Hw-Init-Sha256': sha256(this.servers.inits[kind]),
        'Hw-Session': 'session',
      }),
    });
  }

  /** Video with a keyframe every 2 s in chunks of 0.5 s, from one chunk index to before another. */
  async video(from: number, to: number, facts: Partial<TestChunk> = {}): Promise<void> {
    for (let index = from; index < to; index += 1)
      await this.chunk({ startMs: index * 500, independent: index % 4 === 0, ...facts });
  }

  async init(epoch: number, name: string): Promise<void> {
    const headers = toHeaders(InitHeaders, {
      'Hw-Epoch': epoch,
      'Hw-Ingested-Ms': Date.now(),
      'Hw-Sha256': sha256(this.servers.inits.video),
      'Hw-Name': name,
      'Hw-Session': 'session',
    });
    await this.#publish(initSubject.format(this.#place(1)), this.servers.inits.video, { headers });
  }

  async end(trackId = 1): Promise<void> {
    const headers = toHeaders(EndHeaders, { 'Hw-Epoch': 0, 'Hw-Reason': 'finished', 'Hw-Session': 'session' });
    await this.#publish(endSubject.format(this.#place(trackId)), new Uint8Array(), { headers });
  }

  /** Every journal record of a track, oldest first. */
  async records(trackId = 1): Promise<SegmentClosed[]> {
    return (await this.#stored(trackId)).map(({ record }) => record);
  }

  /** Takes the journal back to its first records. */
  async forgetRecords(keep: number, trackId = 1): Promise<void> {
    for (const { streamSequence } of (await this.#stored(trackId)).slice(keep))
      await this.servers.bus.manager.streams.deleteMessage(JOURNAL_STREAM, streamSequence);
  }

  async #stored(trackId: number): Promise<Array<{ record: SegmentClosed; streamSequence: number }>> {
    const subject = segmentClosedSubject.format(this.#place(trackId));
    const info = await this.servers.bus.manager.streams.info(JOURNAL_STREAM, { subjects_filter: subject });
    const count = info.state.subjects?.[subject] ?? 0;
    const records: Array<{ record: SegmentClosed; streamSequence: number }> = [];
    let after = 0;
    while (records.length < count) {
      const message = await this.servers.bus.manager.direct.getMessage(JOURNAL_STREAM, {
        seq: after + 1,
        next_by_subj: subject,
      });
      if (message === null) break;
      after = message.seq;
      records.push({ record: SegmentClosed.parse(message.json()), streamSequence: message.seq });
    }
    return records;
  }

  async trackWindow(trackId = 1): Promise<TrackWindow | undefined> {
    const windows = await this.servers.window.readInput(this.inputId);
    return windows.find((window) => window.track.trackId === trackId);
  }

  /** The bytes of every segment in the window, one after another. */
  async windowBytes(trackId = 1): Promise<Buffer> {
    const window = await this.trackWindow(trackId);
    const segments = [...(window?.segments ?? []), ...(window?.open ? [window.open] : [])];
    const bodies = await Promise.all(
      segments.map((segment) => this.servers.window.readSegment(this.inputId, trackId, segment)),
    );
    return Buffer.concat(bodies.filter((body) => body !== undefined));
  }

  sentBytes(trackId = 1): Buffer {
    return Buffer.concat(this.sent.get(trackId) ?? []);
  }

  /** Collects window facts from now on. */
  async facts(trackId = 1): Promise<WindowFact[]> {
    const facts: WindowFact[] = [];
    this.servers.bus.connection.subscribe(windowFactSubject.format({ inputId: this.inputId, trackId }), {
      callback: (_error, message) => {
        facts.push(WindowFact.parse(message.json()));
      },
    });
    await this.servers.bus.connection.flush();
    return facts;
  }

  async #publish(subject: string, body: Uint8Array, options: { headers: ReturnType<typeof toHeaders> }): Promise<void> {
    await this.servers.bus.jetstream.publish(subject, body, options);
  }

  #place(trackId: number) {
    return { partition: this.partition, inputId: this.inputId, trackId };
  }
}

/** Media that differs from chunk to chunk, in a box. */
function mediaBox(): Buffer {
  const box = randomBytes(2000);
  box.writeUInt32BE(box.length, 0);
  box.write('mdat', 4, 'latin1');
  return box;
}

const ticks = (ms: number): bigint => BigInt(Math.round((ms * TIMESCALE) / 1000));
