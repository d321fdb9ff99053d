import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readInit } from '#cmaf';
import {
  broadcastsBucket,
  initSegmentKey,
  inputEventSubject,
  liveInputsBucket,
  type BroadcastRow,
  type LiveInputRow,
  type PresentationNumbers,
  type TimedMarker,
  type TrackWindow,
  type WindowFact,
  type WindowPart,
  type WindowSegment,
  windowFactSubject,
} from '#shared/contracts';
import { RedisLiveWindow } from '#shared/live-window';
import { publishFact } from '#shared/messaging';
import { withLink } from './chain.ts';
import { INITS, type Servers } from './servers.ts';

export const VIDEO = 1;
export const AUDIO = 2;
export const SEGMENT_MS = 2000;
const PART_MS = 500;
const LOW_LATENCY = { targetDurationSec: 2, segmentTargetMs: SEGMENT_MS, partTargetMs: PART_MS };

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
interface CloseOptions {
  readonly announce?: boolean;
  readonly keep?: number;
}

interface PartOptions {
  readonly announce?: boolean;
  readonly durationMs?: number;
  readonly sizeBytes?: number;
  readonly bytes?: Buffer;
  readonly independent?: boolean;
  readonly bytesLateMs?: number;
  readonly markers?: TimedMarker[];
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

  async addTrack(trackId: number, init: Buffer, numbers: PresentationNumbers = LOW_LATENCY): Promise<void> {
    await this.#storeInit(init);
    const [facts] = readInit(init).tracks;
    if (facts === undefined) throw new Error('expected a track');
    const { kind, codec, timescale, language, width, height, frameRate, channels, sampleRate } = facts;
    const window: TrackWindow = {
      inputId: this.row.id,
      fence: 1,
      revision: 0,
      track: { trackId, name: kind, kind, codec, timescale, language, width, height, frameRate, channels, sampleRate },
      numbers,
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
  async close(trackIds: readonly number[], count: number, options: CloseOptions = {}): Promise<void> {
    for (let i = 0; i < count; i += 1) for (const trackId of trackIds) await this.#closeOne(trackId, options);
  }

  /** Writes a window as it is, dated back as if the encoder had been silent for as long. */
  async silence(trackId: number, silentMs: number): Promise<void> {
    const track = this.#track(trackId);
    track.window = { ...track.window, revision: track.window.revision + 1, lastAppendMs: Date.now() - silentMs };
    await this.#window.replace(track.window);
    this.#announce(trackId, { kind: 'reset' });
  }

  /** Adds a part to the open segment of a track, or opens the next with it. `bytesLateMs`: the fact comes before the bytes are in Redis. */
  async appendPart(trackId: number, options: PartOptions = {}): Promise<WindowPart> {
    const { announce = true, bytesLateMs = 0 } = options;
    const track = this.#track(trackId);
    const open = track.window.open ?? this.#openedSegment(track);
    const bytes = options.bytes ?? randomBytes(options.sizeBytes ?? 1000 + open.parts.length);
    const part = partOf(open, bytes, options);
    const opened = withPart({ ...open, ...(options.markers && { markers: options.markers }) }, part);
    this.bytes.set(`${trackId}/${open.mediaSequence}.${part.partIndex}`, bytes);
    const head = headOf(this.#step(track, { open: opened }));
    const { parts: _parts, ...segment } = opened;
    if (announce) this.#announce(trackId, { kind: 'part_appended', segment, part });
    if (bytesLateMs > 0) await sleep(bytesLateMs);
    await this.#window.appendPart(head, { mediaSequence: open.mediaSequence, partIndex: part.partIndex, bytes });
    return part;
  }

  /** Closes the open segment of a track. */
  async closeOpen(trackId: number, { announce = true, keep = 90 }: CloseOptions = {}): Promise<WindowSegment> {
    const track = this.#track(trackId);
    const { open } = track.window;
    if (open === null) throw new Error(`track ${trackId}: expected an open segment`);
    const bytes = Buffer.concat(
      open.parts.map(({ partIndex }) => this.bytesOf(`${trackId}/${open.mediaSequence}.${partIndex}`)),
    );
    this.bytes.set(`${trackId}/${open.mediaSequence}`, bytes);
    await this.#close(track, { ...open, sha256: sha256(bytes) }, { announce, keep });
    return open;
  }

  /** Closes a segment that this track lost. */
  async closeGap(trackId: number): Promise<void> {
    const track = this.#track(trackId);
    const gap = { ...this.#openedSegment(track), gap: true as const, durationMs: SEGMENT_MS };
    await this.#close(track, gap, { announce: true, keep: 90 });
  }

  bytesOf(name: string): Buffer {
    const bytes = this.bytes.get(name);
    if (bytes === undefined) throw new Error(`${name}: expected it to have been written`);
    return bytes;
  }

  async #closeOne(trackId: number, options: CloseOptions): Promise<void> {
    const track = this.#track(trackId);
    const { mediaSequence } = this.#openedSegment(track);
    await this.appendPart(trackId, { ...options, durationMs: SEGMENT_MS, sizeBytes: 3000 + mediaSequence });
    await this.closeOpen(trackId, options);
  }

  async #close(track: SourceTrack, ended: WindowSegment, { announce, keep }: Required<CloseOptions>): Promise<void> {
    const segment = withLink(track.window, ended);
    const segments = [...track.window.segments, segment].slice(-keep);
    const firstMediaSequence = segments[0]?.mediaSequence ?? 0;
    const bitrate = (Math.max(1, segment.sizeBytes) * 8000) / segment.durationMs;
    this.#step(track, { open: null, segments, peakBitrate: bitrate, averageBitrate: bitrate });
    await this.#window.closeSegment(headOf(track.window), segment, firstMediaSequence);
    if (!announce) return;
    const { track: description, peakBitrate, averageBitrate, archivedThrough } = track.window;
    const closed = { segment, firstMediaSequence, track: description, peakBitrate, averageBitrate, archivedThrough };
    this.#announce(description.trackId, { kind: 'segment_closed', ...closed });
  }

  #openedSegment(track: SourceTrack): WindowSegment {
    const mediaSequence = (track.window.segments.at(-1)?.mediaSequence ?? -1) + 1;
    return {
      mediaSequence,
      epoch: track.epoch,
      discontinuitySequence: track.epoch,
      startEpochMs: this.#epochStartMs + mediaSequence * SEGMENT_MS,
      durationMs: 0,
      independent: true,
      initSha256: sha256(track.init),
      sizeBytes: 0,
      parts: [],
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

function partOf(open: WindowSegment, bytes: Buffer, options: PartOptions): WindowPart {
  const partIndex = open.parts.length;
  const { durationMs = PART_MS, independent = partIndex === 0 } = options;
  const [sizeBytes, hash] = [bytes.length, sha256(bytes)];
  const chunks = [{ streamSequence: open.mediaSequence * 100 + partIndex + 1, sizeBytes, sha256: hash }];
  return { partIndex, durationMs, independent, sizeBytes, sha256: hash, chunks };
}

const withPart = (open: WindowSegment, part: WindowPart): WindowSegment => ({
  ...open,
  durationMs: open.durationMs + part.durationMs,
  sizeBytes: open.sizeBytes + part.sizeBytes,
  parts: [...open.parts, part],
});

function headOf(window: TrackWindow): Omit<TrackWindow, 'segments'> {
  const { segments: _segments, ...head } = window;
  return head;
}

/** An input with a video and an audio track, `count` closed segments each. */
export async function liveSource(
  servers: Servers,
  count: number,
  row: Partial<LiveInputRow> = {},
  numbers: PresentationNumbers = LOW_LATENCY,
): Promise<LiveSource> {
  const source = await LiveSource.create(servers, row);
  await source.addTrack(VIDEO, INITS.video, numbers);
  await source.addTrack(AUDIO, INITS.audio, numbers);
  await source.close([VIDEO, AUDIO], count);
  return source;
}
