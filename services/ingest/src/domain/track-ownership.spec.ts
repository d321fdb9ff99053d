import type { QuietTrack } from './publisher-claims.ts';
import { foreignOwners, heardOf, judgeClaim, type TrackClaim } from './track-ownership.ts';

const owner = (trackId: number, sessionId: string, processId = 'there') => ({ trackId, sessionId, processId });
const claimOf = (changes: Partial<TrackClaim> = {}): TrackClaim => ({
  processId: 'here',
  sessionId: 'mine',
  client: 'me',
  trackIds: [1],
  policy: 'refuse',
  ...changes,
});
/** `quiet`: ms by session and track, as their processes say them. */
const judge = (
  owners: Array<ReturnType<typeof owner>>,
  claim: TrackClaim,
  quiet: Record<string, number>,
  { own = [], said = {} }: { own?: string[]; said?: Partial<QuietTrack> } = {},
) => {
  const heard = Object.entries(quiet).map(([key, quietMs]) => {
    const [sessionId = '', trackId] = key.split(' ');
    return { sessionId, trackId: Number(trackId), client: 'another', isOpen: true, quietMs, ...said };
  });
  const options = { ownSessionIds: new Set(own), quietMs: 3000 };
  return judgeClaim(owners, claim, heardOf(foreignOwners(owners, claim), heard), options);
};

describe('judgeClaim', () => {
  it('refuses a track that another process received lately', () => {
    expect(judge([owner(1, 'theirs')], claimOf(), { 'theirs 1': 2999 })).toEqual({
      kind: 'refused',
      trackId: 1,
      quietMs: 2999,
    });
  });

  it('gives a track of a process that is gone, or that has been quiet for three seconds', () => {
    for (const quiet of [{}, { 'theirs 1': 3000 }]) {
      expect(judge([owner(1, 'theirs'), owner(2, 'theirs')], claimOf(), quiet)).toEqual({
        kind: 'granted',
        owners: [owner(2, 'theirs'), owner(1, 'mine', 'here')],
      });
    }
  });

  it('takes every track of a publisher over, and leaves others alone', () => {
    const owners = [owner(1, 'theirs'), owner(2, 'theirs'), owner(3, 'others')];
    expect(judge(owners, claimOf({ policy: 'takeover' }), { 'theirs 1': 0 })).toEqual({
      kind: 'granted',
      owners: [owner(3, 'others'), owner(1, 'mine', 'here')],
    });
  });

  it('adds a redundant encoder beside those that live, and drops those that do not', () => {
    const owners = [owner(1, 'live'), owner(1, 'dead', 'gone'), owner(1, 'own', 'here')];
    expect(judge(owners, claimOf({ policy: 'redundant' }), { 'live 1': 10 }, { own: ['own'] })).toEqual({
      kind: 'granted',
      owners: [owner(1, 'live'), owner(1, 'own', 'here'), owner(1, 'mine', 'here')],
    });
  });

  it('lets the files of one encoder come through one process after the other', () => {
    const [theirs, mine] = [owner(1, 'theirs'), owner(1, 'mine', 'here')];
    for (const policy of ['refuse', 'takeover', 'redundant'] as const) {
      const verdict = judge(
        [theirs],
        claimOf({ policy }),
        { 'theirs 1': 5 },
        { said: { client: 'me', isOpen: false } },
      );
      expect(verdict).toEqual({ kind: 'granted', owners: [theirs, mine] });
    }
    const stillOpen = judge([theirs], claimOf(), { 'theirs 1': 5 }, { said: { client: 'me' } });
    expect(stillOpen.kind).toBe('refused');
  });

  it('keeps what the session had, and forgets sessions that this process no longer has', () => {
    const owners = [owner(1, 'mine', 'here'), owner(5, 'former', 'here')];
    expect(judge(owners, claimOf({ trackIds: [2] }), {})).toEqual({
      kind: 'granted',
      owners: [owner(1, 'mine', 'here'), owner(2, 'mine', 'here')],
    });
  });
});
