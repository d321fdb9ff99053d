import * as fc from 'fast-check';
import type { ClaimAnswer, RedundancyPolicy, UploadIdentity } from './publisher-claims.ts';
import { PublisherRegistry } from './publisher-registry.ts';

const INPUT = 'li_abcdefgh12345678';

const newRegistry = (): PublisherRegistry => {
  let count = 0;
  return new PublisherRegistry({ quietMs: 3000, idleMs: 10_000, newId: () => `s${(count += 1)}` });
};

const stream = (uploadId: string, client = 'a'): UploadIdentity => ({
  uploadId,
  inputId: INPUT,
  client,
  file: '',
  isStream: true,
});
const file = (uploadId: string, name: string, client = 'a'): UploadIdentity => ({
  ...stream(uploadId, client),
  file: name,
  isStream: false,
});
const granted = (answer: ClaimAnswer) => {
  if (answer.kind !== 'granted') throw new Error(`expected a grant, got ${answer.kind}`);
  return answer;
};

describe('PublisherRegistry', () => {
  it('makes one session of the uploads of one client', () => {
    const registry = newRegistry();
    const video = granted(registry.claim(stream('u1'), [1], 'refuse', 0));
    const audio = granted(registry.claim(stream('u2'), [2], 'refuse', 10));
    expect([video.opensSession, audio.opensSession]).toEqual([true, false]);
    expect(audio.sessionId).toBe(video.sessionId);
  });

  it('ends each track with its stream and the session with its last track, by the worst reason', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1], 'refuse', 0);
    registry.claim(stream('u2'), [2], 'refuse', 0);
    expect(registry.release('u1', 'aborted', true)).toEqual({
      tracks: [{ inputId: INPUT, trackId: 1, sessionId: 's1', reason: 'aborted', isLast: true }],
      sessions: [],
    });
    expect(registry.release('u2', 'finished', true).sessions).toEqual([
      { inputId: INPUT, sessionId: 's1', reason: 'aborted' },
    ]);
    expect(registry.quietTracks(INPUT, 0)).toEqual([]);
  });

  it('refuses a second publisher of a track that is receiving bytes, whoever it is', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1], 'refuse', 0);
    registry.heard('u1', 1000);
    for (const client of ['a', 'b']) {
      expect(registry.claim(stream('u2', client), [1], 'refuse', 3999)).toEqual({
        kind: 'refused',
        trackId: 1,
        quietMs: 2999,
      });
    }
    expect(registry.claim(stream('u3', 'b'), [2], 'refuse', 3999).kind).toBe('granted');
  });

  it('gives a track that was quiet for three seconds to the next, and supersedes the half-open upload', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1, 2], 'refuse', 0);
    const answer = granted(registry.claim(stream('u2', 'b'), [1, 2], 'refuse', 3000));
    expect(answer.superseded).toEqual([{ uploadId: 'u1', isTakenOver: true }]);
    expect(answer.endings.sessions).toEqual([{ inputId: INPUT, sessionId: 's1', reason: 'taken_over' }]);
    expect(answer.endings.tracks.map(({ isLast }) => isLast)).toEqual([false, false]);
    expect(registry.release('u1', 'aborted', true)).toEqual({ tracks: [], sessions: [] });
    expect(registry.sessionCount).toBe(1);
  });

  it('lets the policy takeover win at once', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1], 'takeover', 0);
    const { superseded } = granted(registry.claim(stream('u2', 'b'), [1], 'takeover', 1));
    expect(superseded).toEqual([{ uploadId: 'u1', isTakenOver: true }]);
  });

  it('ends the other publisher as a whole when it is taken over', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1], 'takeover', 0);
    registry.claim(stream('u2'), [2], 'takeover', 0);
    const { superseded, endings } = granted(registry.claim(stream('u3', 'b'), [1], 'takeover', 1));
    expect(superseded.map(({ uploadId }) => uploadId)).toEqual(['u1', 'u2']);
    expect(endings.tracks.map(({ trackId, isLast }) => [trackId, isLast])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(endings.sessions).toEqual([{ inputId: INPUT, sessionId: 's1', reason: 'taken_over' }]);
    expect(registry.release('u2', 'taken_over', true)).toEqual({ tracks: [], sessions: [] });
  });

  it('lets two encoders of a redundant input have the same tracks, of the same client too', () => {
    const registry = newRegistry();
    const sessionOf = (uploadId: string, trackId: number, client?: string) =>
      granted(registry.claim(stream(uploadId, client), [trackId], 'redundant', 0)).sessionId;
    expect([sessionOf('v1', 1), sessionOf('a1', 2), sessionOf('v2', 1), sessionOf('a2', 2)]).toEqual([
      's1',
      's1',
      's2',
      's2',
    ]);
    expect(sessionOf('v3', 1, 'b')).toBe('s3');
    expect(registry.release('v1', 'aborted', true).tracks).toMatchObject([{ sessionId: 's1', isLast: false }]);
    expect(registry.release('v3', 'aborted', true).tracks).toMatchObject([{ sessionId: 's3', isLast: false }]);
    expect(registry.release('v2', 'finished', true).tracks).toMatchObject([{ sessionId: 's2', isLast: true }]);
  });

  it('bounds how many encoders share a track', () => {
    const registry = newRegistry();
    const kindOf = (client: string) => registry.claim(stream(`u${client}`, client), [1], 'redundant', 0).kind;
    expect(['a', 'b', 'c', 'd', 'e'].map(kindOf)).toEqual(['granted', 'granted', 'granted', 'granted', 'refused']);
  });

  it('gives a track up that another process took, with an end of its own only when nobody goes on', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1, 2], 'refuse', 0);
    const track = (trackId: number) => ({ inputId: INPUT, sessionId: 's1', trackId });
    const first = registry.dispossess(track(1), true);
    expect(first.superseded).toEqual([{ uploadId: 'u1', isTakenOver: true }]);
    expect(first.endings).toMatchObject({ tracks: [{ trackId: 1, isLast: false }], sessions: [] });
    const second = registry.dispossess(track(2), false);
    expect(second.endings).toMatchObject({
      tracks: [{ trackId: 2, isLast: true }],
      sessions: [{ reason: 'taken_over' }],
    });
    expect(registry.dispossess(track(2), false).endings.tracks).toEqual([]);
  });

  it('says how long each track has been quiet', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1], 'refuse', 0);
    registry.heard('u1', 500);
    const quiet = { trackId: 1, sessionId: 's1', client: 'a', isOpen: true, quietMs: 200 };
    expect(registry.quietTracks(INPUT, 700)).toEqual([quiet]);
  });

  it('lets a publisher come back at once after its stream ended', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1], 'refuse', 0);
    registry.release('u1', 'aborted', true);
    expect(granted(registry.claim(stream('u2', 'b'), [1], 'refuse', 1)).sessionId).toBe('s2');
  });

  it('keeps the tracks of files between requests, for the same client only', () => {
    const registry = newRegistry();
    registry.claim(file('u1', 'seg-1'), [1], 'refuse', 0);
    expect(registry.release('u1', 'finished', false).tracks).toEqual([]);
    expect(granted(registry.claim(file('u2', 'seg-2'), [1], 'refuse', 100)).opensSession).toBe(false);
    registry.release('u2', 'finished', false);
    expect(registry.claim(file('u3', 'seg-1', 'b'), [1], 'refuse', 200).kind).toBe('refused');
  });

  it('makes a file wait for the one before, and lets a repeated file supersede itself', () => {
    const registry = newRegistry();
    registry.claim(file('u1', 'seg-1'), [1], 'refuse', 0);
    expect(registry.claim(file('u2', 'seg-2'), [1], 'refuse', 100)).toEqual({ kind: 'wait', uploadId: 'u1' });
    expect(granted(registry.claim(file('u3', 'seg-1'), [1], 'refuse', 100)).superseded).toEqual([
      { uploadId: 'u1', isTakenOver: false },
    ]);
  });

  it('ends a session of files after its silence, and not before', () => {
    const registry = newRegistry();
    registry.claim(file('u1', 'seg-1'), [1], 'refuse', 0);
    registry.release('u1', 'finished', false);
    expect(registry.sweep(10_000).tracks).toEqual([]);
    const { tracks, sessions } = registry.sweep(10_001);
    expect(tracks).toEqual([{ inputId: INPUT, trackId: 1, sessionId: 's1', reason: 'idle', isLast: true }]);
    expect(sessions).toEqual([{ inputId: INPUT, sessionId: 's1', reason: 'idle' }]);
  });

  it('never sweeps a track whose upload is on its way', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1], 'refuse', 0);
    expect(registry.sweep(1_000_000).tracks).toEqual([]);
  });

  it('claims all tracks or none', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [2], 'refuse', 0);
    expect(registry.claim(stream('u2', 'b'), [1, 2], 'refuse', 1).kind).toBe('refused');
    expect(granted(registry.claim(stream('u3', 'c'), [1], 'refuse', 2)).superseded).toEqual([]);
  });

  it('lets an upload claim again as its tracks become known', () => {
    const registry = newRegistry();
    registry.claim(stream('u1'), [1], 'refuse', 0);
    const again = granted(registry.claim(stream('u1'), [1, 2], 'refuse', 1));
    expect([again.opensSession, again.superseded, again.endings.sessions]).toEqual([false, [], []]);
    expect(registry.release('u1', 'finished', true).tracks).toHaveLength(2);
  });

  it('holds nothing once every upload is over and swept', () => {
    const step = fc.record({
      client: fc.constantFrom('a', 'b'),
      tracks: fc.subarray([1, 2, 3], { minLength: 1 }),
      isStream: fc.boolean(),
      waitMs: fc.integer({ min: 0, max: 4000 }),
      ends: fc.boolean(),
    });
    const policies = fc.constantFrom<RedundancyPolicy>('refuse', 'takeover', 'redundant');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), policies, (steps, policy) => {
        const registry = newRegistry();
        const opened = new Set<string>();
        const ended: string[] = [];
        const on: UploadIdentity[] = [];
        let nowMs = 0;
        const note = (sessions: ReadonlyArray<{ sessionId: string }>) =>
          ended.push(...sessions.map((one) => one.sessionId));
        for (const [index, { client, tracks, isStream, waitMs, ends }] of steps.entries()) {
          nowMs += waitMs;
          const upload = { ...stream(`u${index}`, client), isStream };
          const answer = registry.claim(upload, tracks, policy, nowMs);
          if (answer.kind === 'granted') {
            opened.add(answer.sessionId);
            note(answer.endings.sessions);
            on.push(upload);
          }
          const over = ends ? on.shift() : undefined;
          if (over) note(registry.release(over.uploadId, 'finished', over.isStream).sessions);
        }
        for (const upload of on) note(registry.release(upload.uploadId, 'finished', upload.isStream).sessions);
        note(registry.sweep(nowMs + 20_000).sessions);
        expect(registry.sessionCount).toBe(0);
        expect(ended.toSorted()).toEqual([...opened].toSorted());
      }),
    );
  });
});
