import { createHash } from 'node:crypto';
import { readEventMessages, readScte35, SCTE35_SCHEME, type EventMessage } from '#cmaf';
import { TimedMarker } from '#shared/contracts';
import { ticksToMs } from '#timeline';
import type { MediaChunk } from './media-event.ts';

/** What the `emsg` boxes of a chunk say; `unusable` tells why one of them is left out. */
export interface ChunkMarkers {
  readonly markers: readonly TimedMarker[];
  readonly unusable?: string;
}

/** Where a chunk stands in time. */
export type MarkerOrigin = Pick<MediaChunk, 'epoch' | 'anchorEpochMs' | 'decodeTimeTicks' | 'timescale' | 'bytes'>;

const MAX_MARKERS_PER_SEGMENT = 64;
/** Base64 and hexadecimal digits of all markers of a segment: a playlist carries them for as long as it lists the segment. */
const MAX_DATA_PER_SEGMENT = 8192;
/** Times of one event in several tracks differ by the rounding to their timescales. */
const SAME_EVENT_MS = 100;

const NO_MARKERS: ChunkMarkers = { markers: [] };

/** The event messages of a chunk on the wall clock. */
export function markersIn(chunk: MarkerOrigin): ChunkMarkers {
  let unusable: string | undefined;
  const messages = readEventMessages(chunk.bytes, (error) => {
    unusable = error.message;
  });
  if (messages.length === 0) return unusable === undefined ? NO_MARKERS : { markers: [], unusable };
  const markers: TimedMarker[] = [];
  for (const message of messages) {
    const marker = TimedMarker.safeParse(markerOf(message, chunk));
    if (marker.success) markers.push(marker.data);
    else unusable = `emsg ${message.id}: ${marker.error.issues[0]?.message ?? 'not a marker'}`;
  }
  return unusable === undefined ? { markers } : { markers, unusable };
}

/**
 * The markers of a segment after those of one more chunk; an event that is there already counts once.
 * Beyond the bounds a marker first loses its data, then is left out.
 */
export function withMarkers(present: readonly TimedMarker[], more: readonly TimedMarker[]): readonly TimedMarker[] {
  const fresh = more.filter((marker) => present.every((one) => one.id !== marker.id));
  if (fresh.length === 0) return present;
  let room = MAX_DATA_PER_SEGMENT - present.reduce((sum, marker) => sum + dataLength(marker), 0);
  const added = fresh.slice(0, MAX_MARKERS_PER_SEGMENT - present.length).map((marker) => {
    if (dataLength(marker) > room) return withoutData(marker);
    room -= dataLength(marker);
    return marker;
  });
  return [...present, ...added];
}

/** The markers that last beyond this instant: the next segment carries them on, so that a range stays listed while it maps into the playlist (rfc8216bis 4.4.5.1). */
export const stillActive = (markers: readonly TimedMarker[], atEpochMs: number): readonly TimedMarker[] =>
  markers.filter(({ startEpochMs, durationMs = 0 }) => startEpochMs + durationMs > atEpochMs);

/** A splice section is carried as such and not a second time as message data. */
function markerOf(message: EventMessage, chunk: MarkerOrigin): TimedMarker {
  const { schemeIdUri, value, id, timescale, durationTicks, messageData } = message;
  const mediaMs = mediaMsOf(message, chunk);
  const splice = schemeIdUri === SCTE35_SCHEME ? readScte35(messageData) : undefined;
  const durationMs = durationTicks === undefined ? splice?.durationMs : ticksToMs(BigInt(durationTicks), timescale);
  const data = Buffer.from(messageData).toString('base64');
  const isCarried = splice === undefined && data.length > 0 && data.length <= MAX_DATA_PER_SEGMENT;
  return {
    id: `${schemeHash(schemeIdUri, value)}-${chunk.epoch}-${id}-${Math.round(mediaMs / SAME_EVENT_MS)}`,
    schemeIdUri,
    value,
    startEpochMs: Math.round((chunk.anchorEpochMs + mediaMs) * 1000) / 1000,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(isCarried ? { messageData: data } : {}),
    ...(splice === undefined ? {} : { scte35: { role: splice.role, hex: splice.hex } }),
  };
}

/** Start of the event on the timeline of the epoch (ISO/IEC 23009-1, 5.10.3.3.4). */
function mediaMsOf(message: EventMessage, { decodeTimeTicks, timescale }: MarkerOrigin): number {
  if (message.version === 1) return ticksToMs(message.presentationTimeTicks, message.timescale);
  return (
    ticksToMs(decodeTimeTicks, timescale) + ticksToMs(BigInt(message.presentationTimeDeltaTicks), message.timescale)
  );
}

const schemeHash = (schemeIdUri: string, value: string): string =>
  createHash('sha256').update(`${schemeIdUri}\0${value}`).digest('hex').slice(0, 12);

const dataLength = ({ messageData, scte35 }: TimedMarker): number =>
  (messageData?.length ?? 0) + (scte35?.hex.length ?? 0);

function withoutData({ messageData: _data, scte35: _cue, ...marker }: TimedMarker): TimedMarker {
  return marker;
}
