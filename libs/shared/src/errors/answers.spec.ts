import { answerOf } from './answers.ts';

describe('the error table', () => {
  it.each([
    ['StreamNotLive', 404],
    ['StreamUnavailable', 403],
    ['MethodNotImplemented', 501],
    ['PublishForbidden', 403],
    ['InitMissing', 412],
    ['UnsupportedMedia', 415],
    ['AlreadyPublishing', 409],
  ])('%s leaves as %d', (code, status) => {
    expect(answerOf(code).status).toBe(status);
  });

  it('takes a code it does not know for a fault of the origin', () => {
    expect(answerOf('SomethingElse')).toEqual({ status: 500, level: 'error' });
  });
});
