import type { InputEvent, SegmentClosed } from '#shared/contracts';
import type { InputMedia } from './input-media.ts';

/** Codes of a refusal that speaks of the media, not of the key or the place. */
const MEDIA_CODES: ReadonlySet<string> = new Set([
  'UnsupportedMedia',
  'InitMissing',
  'InitMalformed',
  'MediaMalformed',
  'MediaTooLarge',
]);

/** An input's media after one more closed segment. */
export function noteSegment(media: InputMedia, segment: SegmentClosed): InputMedia {
  const before = media.tracks.get(segment.trackId);
  if (before !== undefined && before.closedAtMs > segment.closedAtMs) return media;
  const track = {
    startEpochMs: segment.startEpochMs,
    endEpochMs: segment.startEpochMs + segment.durationMs,
    durationMs: segment.durationMs,
    closedAtMs: segment.closedAtMs,
  };
  return { ...media, tracks: new Map(media.tracks).set(segment.trackId, track) };
}

/** An input's media after one more event of its publishers. */
export function noteEvent(media: InputMedia, event: InputEvent): InputMedia {
  if (event.fact === 'publisher_connected')
    return { ...media, connectedAtMs: Math.max(media.connectedAtMs ?? 0, event.atMs) };
  // The one that was refused or taken over is not the one that sends.
  if (event.fact === 'publisher_disconnected' && (event.reason === 'refused' || event.reason === 'taken_over'))
    return media;
  if (event.fact === 'publisher_disconnected' && event.reason !== 'invalid_media')
    return { ...media, disconnectedAtMs: Math.max(media.disconnectedAtMs ?? 0, event.atMs) };
  if (event.fact === 'publisher_disconnected')
    return { ...media, refusal: { atMs: event.atMs, code: 'MediaMalformed', detail: event.detail } };
  if (event.fact === 'publisher_rejected' && MEDIA_CODES.has(event.code))
    return { ...media, refusal: { atMs: event.atMs, code: event.code, detail: event.detail } };
  return media;
}
