import { inputStatus, judgeBroadcast, NO_MEDIA, type InputMedia, type TrackMedia } from './input-media.ts';
import { noteEvent, noteSegment } from './media-notes.ts';

const limits = { reconnectWindowMs: 30_000, armTimeoutMs: 120_000 };
const track = (startEpochMs: number, closedAtMs = startEpochMs + 2000): TrackMedia => ({
  startEpochMs,
  endEpochMs: startEpochMs + 2000,
  durationMs: 2000,
  closedAtMs,
});
const media = (tracks: Record<number, TrackMedia>, over: Partial<InputMedia> = {}): InputMedia => ({
  tracks: new Map(Object.entries(tracks).map(([id, value]) => [Number(id), value])),
  ...over,
});
const starting = { state: 'starting', startEpochMs: 100_000 } as const;
const running = { state: 'running', startEpochMs: 100_000 } as const;

describe('an armed broadcast', () => {
  const judge = (facts: InputMedia, nowMs: number) => judgeBroadcast(starting, facts, { nowMs, limits });

  it('waits for media, and fails by its time limit when none arrived', () => {
    expect(judge(NO_MEDIA, 220_000).kind).toBe('wait');
    expect(judge(NO_MEDIA, 220_001)).toMatchObject({ kind: 'unusable', reason: 'no_media', needsProof: true });
  });

  it('does not count segments that began before it', () => {
    expect(judge(media({ 1: track(99_999) }), 103_000).kind).toBe('wait');
    expect(judge(media({ 1: track(100_000) }, { announcedTrackIds: [1] }), 103_000)).toEqual({
      kind: 'playable',
      needsProof: false,
    });
  });

  it('is playable only once every track of the input has a segment, or kept the others waiting too long', () => {
    const video = track(101_000, 103_000);
    expect(judge(media({ 1: video, 2: track(98_000) }), 103_500).kind).toBe('wait');
    expect(judge(media({ 1: video, 2: track(101_000) }, { announcedTrackIds: [] }), 103_500).kind).toBe('playable');
    expect(judge(media({ 1: video, 2: track(50_000) }, { announcedTrackIds: [] }), 103_500).kind).toBe('playable');
    expect(judge(media({ 1: video }, { announcedTrackIds: [1, 2] }), 103_500).kind).toBe('wait');
    expect(judge(media({ 1: video }, { announcedTrackIds: [1, 2] }), 107_001).kind).toBe('playable');
  });

  it('asks for a look at the announced tracks before it calls an input playable', () => {
    expect(judge(media({ 1: track(101_000) }), 103_500)).toEqual({ kind: 'playable', needsProof: true });
  });

  it('names media that arrives without a segment coming of it', () => {
    expect(judge({ ...NO_MEDIA, lastChunkAtMs: 150_000 }, 230_000)).toMatchObject({ reason: 'packaging_stalled' });
  });

  it('fails soon after the media was refused, unless chunks came in since', () => {
    const refusal = { atMs: 105_000, code: 'UnsupportedMedia', detail: 'vp09' };
    expect(judge({ ...NO_MEDIA, refusal }, 110_000).kind).toBe('wait');
    expect(judge({ ...NO_MEDIA, refusal }, 116_000)).toMatchObject({
      reason: 'unsupported_media',
      error: 'UnsupportedMedia: vp09',
    });
    expect(judge({ ...NO_MEDIA, refusal: { ...refusal, code: 'MediaMalformed' } }, 116_000)).toMatchObject({
      reason: 'invalid_media',
    });
    expect(judge({ ...NO_MEDIA, refusal, lastChunkAtMs: 106_000 }, 116_000).kind).toBe('wait');
    expect(judge({ ...NO_MEDIA, refusal: { ...refusal, atMs: 99_000 } }, 116_000).kind).toBe('wait');
  });
});

describe('a running broadcast', () => {
  const judge = (facts: InputMedia, nowMs: number) => judgeBroadcast(running, facts, { nowMs, limits });

  it('stops where its media ended once it is silent for the reconnect window', () => {
    const facts = media({ 1: track(110_000, 112_000), 2: track(110_500, 112_500) });
    expect(judge(facts, 144_500).kind).toBe('wait');
    expect(judge(facts, 144_501)).toEqual({ kind: 'silent', needsProof: true, lastMediaEndMs: 112_500 });
  });

  it('goes on while chunks arrive though no segment closes, up to a bound', () => {
    const facts = media({ 1: track(110_000, 112_000) }, { lastChunkAtMs: 150_000 });
    expect(judge(facts, 151_000).kind).toBe('wait');
    expect(judge({ ...facts, lastChunkAtMs: 232_000 }, 232_001)).toMatchObject({ reason: 'packaging_stalled' });
  });
});

describe('the status of an input', () => {
  it('is live while segments close, idle afterwards, errored after a refusal until good media', () => {
    const live = media({ 1: track(110_000, 112_000) });
    expect(inputStatus(NO_MEDIA, 100_000)).toBe('idle');
    expect(inputStatus(live, 115_000)).toBe('live');
    expect(inputStatus(live, 125_000)).toBe('idle');
    expect(inputStatus({ ...NO_MEDIA, connectedAtMs: 112_000 }, 113_000)).toBe('live');
    expect(inputStatus({ ...live, disconnectedAtMs: 113_000 }, 114_000)).toBe('idle');
    const refusal = { atMs: 113_000, code: 'MediaMalformed', detail: '' };
    expect(inputStatus({ ...live, refusal }, 114_000)).toBe('errored');
    expect(inputStatus({ ...live, refusal, connectedAtMs: 113_500 }, 114_000)).toBe('live');
  });
});

describe('noting facts', () => {
  const at = { inputId: 'li_00000000', atMs: 7 };

  it('keeps the newest segment of each track', () => {
    const segment = (closedAtMs: number) =>
      ({ trackId: 1, startEpochMs: closedAtMs, durationMs: 2, closedAtMs }) as Parameters<typeof noteSegment>[1];
    const noted = noteSegment(noteSegment(NO_MEDIA, segment(20)), segment(10));
    expect(noted.tracks.get(1)).toEqual({ startEpochMs: 20, endEpochMs: 22, durationMs: 2, closedAtMs: 20 });
  });

  it('tells refused media from a refused key', () => {
    const rejected = (code: string) => noteEvent(NO_MEDIA, { ...at, fact: 'publisher_rejected', code, detail: 'd' });
    expect(rejected('UnsupportedMedia').refusal).toEqual({ atMs: 7, code: 'UnsupportedMedia', detail: 'd' });
    expect(rejected('PublishForbidden')).toBe(NO_MEDIA);
    const left = { ...at, fact: 'publisher_disconnected', sessionId: 's', detail: 'd' } as const;
    expect(noteEvent(NO_MEDIA, { ...left, reason: 'finished' }).disconnectedAtMs).toBe(7);
    expect(noteEvent(NO_MEDIA, { ...left, reason: 'taken_over' })).toBe(NO_MEDIA);
    expect(noteEvent(NO_MEDIA, { ...left, reason: 'invalid_media' }).refusal?.code).toBe('MediaMalformed');
  });
});
