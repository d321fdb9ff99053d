import { coversScope, liveInputOfCall, sharedName } from './live-input.ts';
import { newLiveInputId, newStreamKey } from './ids.ts';
import { aCallCreated } from './testing/a-call.ts';

describe('scopes', () => {
  it.each([
    [['streams:*'], true],
    [['streams:liveInputs:*'], true],
    [['streams:liveInputs:read'], true],
    [['streams:liveInputs:write'], false],
    [['streams'], false],
    [['stream:*'], false],
    [['*'], false],
    [[], false],
  ])('of %j cover reading: %s', (scopes, covered) => {
    expect(coversScope(scopes, 'streams:liveInputs:read')).toBe(covered);
  });
});

describe('names of live inputs', () => {
  const row = (over: object) => ({ ...liveInputOfCall(aCallCreated()), ...over });

  it('clash by identity or by place', () => {
    const base = row({ identities: ['did:web:a'], stream: 's' });
    expect(sharedName(base, row({ identities: ['did:web:a'] }))).toBe('identity did:web:a');
    expect(sharedName(base, row({ stream: 's', externalId: 'lv_11111111' }))).toBe('place /live/s');
    expect(sharedName(base, row({ stream: 's', app: 'other' }))).toBeUndefined();
    expect(sharedName(row({ externalId: 'lv_11111111' }), row({ stream: 'lv_11111111' }))).toBe(
      'place /live/lv_11111111',
    );
  });

  it('are made of unguessable letters and digits', () => {
    const limits = new Set<number>();
    const random = (limit: number): number => {
      limits.add(limit);
      return limit - 1;
    };
    expect(newLiveInputId(random)).toBe(`li_${'9'.repeat(20)}`);
    expect(newStreamKey(random)).toBe(`sk_live_${'9'.repeat(40)}`);
    expect([...limits]).toEqual([62]);
  });
});
