import * as fc from 'fast-check';
import { callEventSubject } from '#shared/contracts';
import { assertCallId, callKeyOf, destinationIdOf } from './call-key.ts';

describe('call keys', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  const ref = fc.record({ appKey: fc.string(), type: name, id: name });

  it('are one subject token, and the same only for the same call', () => {
    fc.assert(
      fc.property(ref, ref, (a, b) => {
        expect(callEventSubject.format({ callKey: callKeyOf(a) })).toContain(callKeyOf(a));
        expect(callKeyOf(a) === callKeyOf(b)).toBe(a.appKey === b.appKey && a.type === b.type && a.id === b.id);
      }),
    );
  });

  it('differ where type and id run together the same way', () => {
    const app = { appKey: 'k' };
    expect(callKeyOf({ ...app, type: 'a-b', id: 'c' })).not.toBe(callKeyOf({ ...app, type: 'a', id: 'b-c' }));
    expect(destinationIdOf('ab', 'c')).not.toBe(destinationIdOf('a', 'bc'));
  });

  it('are refused for ids that are no token', () => {
    for (const id of ['', 'a.b', 'ü', 'x'.repeat(65)])
      expect(() => assertCallId(id)).toThrow('call id: expected 1 to 64');
  });
});
