import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CmafReader, readInit } from '#cmaf';
import {
  broadcastsBucket,
  initSegmentKey,
  inputEventSubject,
  liveInputsBucket,
  type BroadcastRow,
  type LiveInputRow,
  type TrackWindow,
  type WindowFact,
  type WindowPart,
  type WindowSegment,
  windowFactSubject,
} from '#shared/contracts';
import { RedisLiveWindow } from '#shared/live-window';
import { connectBus, publishFact, type Bus } from '#shared/messaging';
import { connectRedis, type RedisConnection } from '#shared/redis';
import { backendsFromEnvironment } from '#shared/testing';

export const VIDEO = 1;
export const AUDIO = 2;
export const SEGMENT_MS = 2000;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const fixture = (name: string): URL => new URL(`../../../../fixtures/media/${name}`, import.meta.url);

function initOf(name: string): Buffer {
  const reader = new CmafReader({ maxBoxBytes: 8e6, maxChunkBytes: 8e6, maxInitBytes: 1e6 });
  const init = reader.push(readFileSync(fixture(name))).find((unit) => unit.kind === 'init');
  if (init?.kind !== 'init') throw new Error(`${name}: expected an init segment`);
  return Buffer.from(init.bytes);
}

/** Init segments of real tracks. */
export const INITS = {
  video: initOf('h264.cmfv'),
  otherVideo: initOf('h264-b-frames.cmfv'),
  audio: initOf('aac.cmfa'),
};

/** Bus and Redis of a test. */
export interface Servers {
  readonly bus: Bus;
  readonly redis: RedisConnection;
  close(): Promise<void>;
}

export async function connectServers(): Promise<Servers> {
  const { NATS_URL, REDIS_URL } = backendsFromEnvironment();
  const bus = await connectBus('playback-test', {
    NATS_URL,
    BUS_REPLICAS: 1,
    MEDIA_MAX_AGE_SEC: 900,
    MEDIA_MAX_BYTES: 268_435_456,
  });
  const redis = connectRedis(REDIS_URL, (error) => {
    throw error;
  });
  return {
    bus,
    redis,
    close: async () => {
      redis.disconnect();
      await bus.close();
    },
  };
}

interface SourceTrack {
  window: TrackWindow;
  init: Buffer;
  epoch: number;
}

/** Plays ingest and packager for one input: rows, init segments, windows in Redis and facts on the bus. */
export class LiveSource {
  readonly bytes = new Map<string, Buffer>();
  readonly #window: RedisLiveWindow;
  readonly #tracks = new Map<number, SourceTrack>();
  #epochStartMs: number;

  private constructor(
    readonly row: LiveInputRow,
    private readonly servers: Servers,
    startEpochMs: number,
  ) {
    this.#window = new RedisLiveWindow(servers.redis);
    this.#epochStartMs = startEpochMs;
  }

  /** A new input with a row; `startEpochMs` is the wall clock of its first segment. */
  static async create(
    servers: Servers,
    row: Partial<LiveInputRow> = {},
    startEpochMs = Date.now() - 40_000,
  ): Promise<LiveSource> {
    const unique = randomBytes(10).toString('hex');
    const source = new LiveSource(
      {
        id: `li_${unique}`,
        externalId: `lv_${unique}`,
        orgId: 'org',
        name: 'test',
        ingest: 'fmp4',
        streamKeySha256: '0'.repeat(64),
        createdAtMs: Date.now(),
        available: true,
        identities: [`did:web:${unique}.example.com`, `${unique}.example.com`],
        app: 'live',
        redundancy: 'refuse',
        retentionDays: 7,
        ...row,
      },
      servers,
      startEpochMs,
    );
    await source.put(source.row);
    return source;
  }

  async put(row: LiveInputRow): Promise<void> {
    await (await this.servers.bus.table(liveInputsBucket)).put(row.id, row);
  }

  async putBroadcast(row: BroadcastRow): Promise<void> {
    await (await this.servers.bus.table(broadcastsBucket)).put(row.id, row);
  }

  /** The encoder connects, as ingest tells it. */
  async connectPublisher(): Promise<void> {
    const subject = inputEventSubject.format({ inputId: this.row.id, fact: 'publisher_connected' });
    await publishFact(this.servers.bus, subject, {
      fact: 'publisher_connected',
      inputId: this.row.id,
      atMs: Date.now(),
      sessionId: 's1',
      userAgent: 'test',
    });
  }

  window(trackId: number): TrackWindow {
    return this.#track(trackId).window;
  }

  async addTrack(trackId: number, init: Buffer): Promise<void> {
    await this.#storeInit(init);
    const [facts] = readInit(init).tracks;
    if (facts === undefined) throw new Error('expected a track');
    const { kind, codec, timescale, language, width, height, frameRate, channels, sampleRate } = facts;
    const window: TrackWindow = {
      inputId: this.row.id,
      fence: 1,
      revision: 0,
      track: { trackId, name: kind, kind, codec, timescale, language, width, height, frameRate, channels, sampleRate },
      numbers: { targetDurationSec: 2, segmentTargetMs: SEGMENT_MS, partTargetMs: 500 },
      segments: [],
      open: null,
      lastAppendMs: Date.now(),
      peakBitrate: 0,
      averageBitrate: 0,
      archivedThrough: -1,
    };
    await this.#window.takeFence(this.row.id, 1);
    this.#tracks.set(trackId, { window, init, epoch: 0 });
  }

  /** The encoder came back with other timestamps, and perhaps another init segment. */
  async beginEpoch(trackId: number, init?: Buffer): Promise<void> {
    const track = this.#track(trackId);
    track.epoch += 1;
    if (init === undefined) return;
    await this.#storeInit(init);
    track.init = init;
  }

  /** Closes `count` segments of each track given. */
  async close(
    trackIds: readonly number[],
    count: number,
    options: { announce?: boolean; keep?: number } = {},
  ): Promise<void> {
    for (let i = 0; i < count; i += 1) for (const trackId of trackIds) await this.#closeOne(trackId, options);
  }

  /** Writes a window as it is, dated back as if the encoder had been silent for as long. */
  async silence(trackId: number, silentMs: number): Promise<void> {
    const track = this.#track(trackId);
    track.window = { ...track.window, revision: track.window.revision + 1, lastAppendMs: Date.now() - silentMs };
    await this.#window.replace(track.window);
    this.#announce(trackId, { kind: 'reset' });
  }

  async #closeOne(
    trackId: number,
    { announce = true, keep = 90 }: { announce?: boolean; keep?: number },
  ): Promise<void> {
    const track = this.#track(trackId);
    const mediaSequence = (track.window.segments.at(-1)?.mediaSequence ?? -1) + 1;
    const bytes = randomBytes(3000 + mediaSequence);
    const segment = this.#segmentOf(track, mediaSequence, bytes);
    const [part] = segment.parts as [WindowPart];
    const { parts: _parts, sha256: _sha256, ...opened } = segment;
    this.bytes.set(`${trackId}/${mediaSequence}`, bytes);
    await this.#window.appendPart(headOf(this.#step(track, { open: { ...opened, parts: [part] } })), {
      mediaSequence,
      partIndex: 0,
      bytes,
    });
    if (announce) this.#announce(trackId, { kind: 'part_appended', segment: opened, part });
    const segments = [...track.window.segments, segment].slice(-keep);
    const first = segments[0]?.mediaSequence ?? 0;
    const bitrate = (bytes.length * 8000) / SEGMENT_MS;
    this.#step(track, { open: null, segments, peakBitrate: bitrate, averageBitrate: bitrate });
    await this.#window.closeSegment(headOf(track.window), segment, first);
    const { track: description, peakBitrate, averageBitrate, archivedThrough } = track.window;
    const closed = {
      segment,
      firstMediaSequence: first,
      track: description,
      peakBitrate,
      averageBitrate,
      archivedThrough,
    };
    if (announce) this.#announce(trackId, { kind: 'segment_closed', ...closed });
  }

  #segmentOf(track: SourceTrack, mediaSequence: number, bytes: Buffer): WindowSegment {
    const hash = sha256(bytes);
    return {
      mediaSequence,
      epoch: track.epoch,
      discontinuitySequence: track.epoch,
      startEpochMs: this.#epochStartMs + mediaSequence * SEGMENT_MS,
      durationMs: SEGMENT_MS,
      independent: true,
      initSha256: sha256(track.init),
      sizeBytes: bytes.length,
      sha256: hash,
      parts: [
        {
          partIndex: 0,
          durationMs: SEGMENT_MS,
          independent: true,
          sizeBytes: bytes.length,
          sha256: hash,
          streamSequences: [mediaSequence + 1],
        },
      ],
    };
  }

  #step(track: SourceTrack, change: Partial<TrackWindow>): TrackWindow {
    track.window = { ...track.window, ...change, revision: track.window.revision + 1, lastAppendMs: Date.now() };
    return track.window;
  }

  #announce(trackId: number, change: WindowFact['change']): void {
    const { fence, revision, lastAppendMs } = this.#track(trackId).window;
    const subject = windowFactSubject.format({ inputId: this.row.id, trackId });
    this.servers.bus.connection.publish(subject, JSON.stringify({ fence, revision, lastAppendMs, change }));
  }

  async #storeInit(init: Buffer): Promise<void> {
    const kv = await this.servers.bus.initSegments();
    await kv.put(initSegmentKey(this.row.id, sha256(init)), init);
  }

  #track(trackId: number): SourceTrack {
    const track = this.#tracks.get(trackId);
    if (track === undefined) throw new Error(`track ${trackId}: expected addTrack before`);
    return track;
  }
}

function headOf(window: TrackWindow): Omit<TrackWindow, 'segments'> {
  const { segments: _segments, ...head } = window;
  return head;
}

/** An input with a video and an audio track, `count` closed segments each. */
export async function liveSource(
  servers: Servers,
  count: number,
  row: Partial<LiveInputRow> = {},
): Promise<LiveSource> {
  const source = await LiveSource.create(servers, row);
  await source.addTrack(VIDEO, INITS.video);
  await source.addTrack(AUDIO, INITS.audio);
  await source.close([VIDEO, AUDIO], count);
  return source;
}
