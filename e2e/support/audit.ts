import { jetstream, DeliverPolicy } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { CHAIN_START, nextChainValue } from '#provenance';
import { ChunkHeaders, chunkSubject, MEDIA_STREAM, type SegmentClosed, type TrackWindow } from '#shared/contracts';
import { RedisLiveWindow } from '#shared/live-window';
import { backendsFromEnvironment } from '#shared/testing';
import { journalOf } from './journal.ts';
import type { SentChunk } from './file-encoder.ts';
import type { TrackRecord } from './track-record.ts';

/** What the origin holds of one track, beside what an encoder sent and viewers were served. */
export interface TrackAudit {
  readonly trackId: number;
  readonly journal: readonly SegmentClosed[];
  readonly window: TrackWindow | undefined;
  /** What contradicts: numbers, fences, hash chain, bytes, chunks that are missing or there twice. */
  readonly faults: readonly string[];
}

/** Where the origin's stores are; the environment's unless a test has its own. */
export interface Stores {
  readonly natsUrl?: string;
  readonly redisUrl?: string;
}

const CLOCK_TOLERANCE_MS = 2;

/** Compares, track by track, what was accepted, MEDIA, journal, window and what viewers were served. */
export async function auditInput(
  inputId: string,
  seen: { accepted: ReadonlyMap<string, readonly SentChunk[]>; records: Iterable<TrackRecord> },
  stores: Stores = {},
): Promise<TrackAudit[]> {
  const [journal, media, windows] = await Promise.all([
    journalOf(inputId, stores.natsUrl),
    storedChunks(inputId, stores.natsUrl),
    windowsOf(inputId, stores.redisUrl),
  ]);
  const records = [...seen.records];
  return [...journal].map(([trackId, entries]) => {
    const window = windows.find((one) => one.track.trackId === trackId);
    const first = entries[0]?.chunks[0]?.sha256;
    const accepted = [...seen.accepted.values()].find((chunks) => chunks[0]?.sha256 === first) ?? [];
    const served = records.find((record) => record.tells(trackId));
    const faults = faultsOf({ journal: entries, media: media.get(trackId) ?? [], accepted, window, served });
    return { trackId, journal: entries, window, faults: faults.map((fault) => `track ${trackId}: ${fault}`) };
  });
}

/** What is held of one track by everybody who holds something of it. */
export interface TrackHoldings {
  readonly accepted: ReadonlyArray<Pick<SentChunk, 'sha256'>>;
  readonly media: readonly StoredChunk[];
  readonly journal: readonly SegmentClosed[];
  readonly window: TrackWindow | undefined;
  readonly served: Pick<TrackRecord, 'oldest' | 'newest' | 'served'> | undefined;
}

/** What contradicts in the holdings of a track. */
export function faultsOf({ accepted, media, journal, window, served }: TrackHoldings): string[] {
  return [
    ...numberFaults(journal),
    ...chainFaults(journal),
    ...windowFaults(journal, window),
    ...chunkFaults(journal, media, accepted),
    ...(served === undefined ? ['no viewer saw it'] : servedFaults(journal, served)),
  ];
}

/** Exactly one packager writes: no number twice or left out, and no write of an older token after one of a newer. */
function numberFaults(entries: readonly SegmentClosed[]): string[] {
  return entries.flatMap((entry, index) => {
    const { mediaSequence, fence, epoch, discontinuitySequence } = entry;
    const faults = mediaSequence === index ? [] : [`record ${index} has media sequence ${mediaSequence}`];
    const before = entries[index - 1];
    if (before === undefined) return faults;
    if (fence < before.fence) faults.push(`${mediaSequence}: token ${fence} after ${before.fence}`);
    if (discontinuitySequence - before.discontinuitySequence !== epoch - before.epoch)
      faults.push(`${mediaSequence}: discontinuity ${discontinuitySequence} in epoch ${epoch}`);
    const gapMs = entry.startEpochMs - before.startEpochMs - before.durationMs;
    if (epoch === before.epoch && Math.abs(gapMs) > CLOCK_TOLERANCE_MS)
      faults.push(`${mediaSequence}: ${gapMs} ms from the one before`);
    return faults;
  });
}

function chainFaults(entries: readonly SegmentClosed[]): string[] {
  let chain = CHAIN_START;
  return entries.flatMap((entry) => {
    chain = nextChainValue(chain, entry);
    return chain === entry.chain ? [] : [`${entry.mediaSequence}: chain ${entry.chain}, recomputed ${chain}`];
  });
}

function windowFaults(entries: readonly SegmentClosed[], window: TrackWindow | undefined): string[] {
  if (window === undefined) return ['no window in Redis'];
  const newest = entries.at(-1)!;
  const faults = window.fence < newest.fence ? [`window of token ${window.fence}, journal of ${newest.fence}`] : [];
  const shown = entries.slice(-window.segments.length).map(({ mediaSequence, sha256 }) => `${mediaSequence} ${sha256}`);
  const held = window.segments.map(({ mediaSequence, sha256 }) => `${mediaSequence} ${sha256}`);
  return held.join() === shown.join()
    ? faults
    : [...faults, `window ${held[0]} … ${held.at(-1)} of ${held.length}, journal ends ${shown.at(-1)}`];
}

/** What was accepted is in MEDIA, and what is in MEDIA in the journal, once each and in order. */
function chunkFaults(
  entries: readonly SegmentClosed[],
  media: readonly StoredChunk[],
  accepted: TrackHoldings['accepted'],
): string[] {
  const journalled = entries.flatMap((entry) => entry.chunks);
  return [
    ...firstDifference('accepted', accepted, 'MEDIA', media),
    ...firstDifference('MEDIA', media, 'journal', journalled),
    ...firstDifference('stream sequences of MEDIA', media.map(sequenceOf), 'journal', journalled.map(sequenceOf)),
  ];
}

const sequenceOf = ({ streamSequence }: { streamSequence: number }) => ({ sha256: String(streamSequence) });

function firstDifference(
  leftName: string,
  left: ReadonlyArray<{ sha256: string }>,
  rightName: string,
  right: ReadonlyArray<{ sha256: string }>,
): string[] {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [a, b] = [left[index]?.sha256, right[index]?.sha256];
    if (a !== b) return [`chunk ${index} of ${left.length}: ${leftName} ${a}, ${rightName} ${b} of ${right.length}`];
  }
  return [];
}

/** Viewers got every number from the first they saw to the last, with the bytes that the journal names. */
function servedFaults(entries: readonly SegmentClosed[], record: NonNullable<TrackHoldings['served']>): string[] {
  return entries
    .filter(({ gap, mediaSequence: msn }) => gap !== true && msn >= record.oldest && msn <= record.newest)
    .flatMap((entry) => {
      const served = record.served.get(entry.mediaSequence);
      const chunks = entry.chunks.map(({ sha256 }) => sha256).join();
      if (served === undefined) return [`${entry.mediaSequence}: never served`];
      return served.sha256 === entry.sha256 && served.chunkSha256s.join() === chunks
        ? []
        : [`${entry.mediaSequence}: served ${served.sha256}, journalled ${entry.sha256}`];
    });
}

/** A chunk in MEDIA. */
export interface StoredChunk {
  readonly sha256: string;
  readonly streamSequence: number;
}

/** The chunks of an input in MEDIA, by track. */
async function storedChunks(inputId: string, natsUrl?: string): Promise<Map<number, StoredChunk[]>> {
  const connection = await connect({ servers: natsUrl ?? backendsFromEnvironment().NATS_URL });
  try {
    return await readChunks(connection, chunkSubject.pattern({ inputId }));
  } finally {
    await connection.close();
  }
}

async function readChunks(connection: NatsConnection, subject: string): Promise<Map<number, StoredChunk[]>> {
  const consumer = await jetstream(connection).consumers.get(MEDIA_STREAM, {
    filter_subjects: subject,
    headers_only: true,
    deliver_policy: DeliverPolicy.All,
  });
  const byTrack = new Map<number, StoredChunk[]>();
  let pending = (await consumer.info()).num_pending;
  while (pending > 0) {
    for await (const message of await consumer.fetch({ max_messages: Math.min(pending, 500), expires: 3000 })) {
      const trackId = Number(chunkSubject.parse(message.subject)?.trackId);
      const sha256 = ChunkHeaders.shape['Hw-Sha256'].parse(message.headers?.get('Hw-Sha256'));
      const chunks = byTrack.get(trackId) ?? [];
      chunks.push({ sha256, streamSequence: message.seq });
      byTrack.set(trackId, chunks);
      pending = message.info.pending;
    }
  }
  return byTrack;
}

async function windowsOf(inputId: string, redisUrl?: string): Promise<TrackWindow[]> {
  const redis = new Redis(redisUrl ?? backendsFromEnvironment().REDIS_URL, { lazyConnect: true });
  await redis.connect();
  try {
    return await new RedisLiveWindow(redis).readInput(inputId);
  } finally {
    redis.disconnect();
  }
}
