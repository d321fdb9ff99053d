import { assertMay, callTypeOf, capabilitiesOn } from './call-access.ts';
import type { Caller } from './call-token.ts';

const call = {
  type: 'livestream',
  id: 'x',
  createdById: 'owner',
  members: [
    { userId: 'helga', role: 'host' },
    { userId: 'mel', role: 'call_member' },
  ],
};
const user = (userId: string, more: Partial<Caller & { kind: 'user' }> = {}): Caller => ({
  kind: 'user',
  userId,
  ...more,
});
const may = (caller: Caller, type = 'livestream') =>
  capabilitiesOn(caller, { ...call, type }).includes('start-broadcast-call');

describe('what a caller may do on a call', () => {
  it.each([
    ['a server', { kind: 'server' }, true],
    ['nobody in particular', { kind: 'anonymous' }, false],
    ['the creator', user('owner'), true],
    ['a host', user('helga'), true],
    ['a member', user('mel'), false],
    ['a visitor', user('vera'), false],
    ['a call token of a host', user('guest', { callCids: ['livestream:x'], role: 'host' }), true],
    ['a call token of another call', user('owner', { callCids: ['livestream:y'], role: 'host' }), false],
  ] as Array<[string, Caller, boolean]>)('lets %s broadcast or not', (_name, caller, allowed) => {
    expect(may(caller)).toBe(allowed);
  });

  it('lets everybody broadcast in development', () => {
    expect(may(user('vera'), 'development')).toBe(true);
  });

  it('names user, role, action and scope in a refusal', () => {
    expect(() => assertMay(user('vera'), call, ['read-call', 'stop-broadcast-call'])).toThrow(
      "User 'vera' with role 'user' is not allowed to perform action StopBroadcastCall in scope 'video:livestream'",
    );
  });

  it('knows the built-in types only', () => {
    expect(callTypeOf('audio_room')).toBe('audio_room');
    expect(() => callTypeOf('toString')).toThrow('call type "toString" does not exist');
  });
});
