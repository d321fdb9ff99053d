import { TimeShiftError } from '#timeline';
import { answerWith, growingCacheControl, refusalOf, type PlaybackRequest, type Resource } from './answer.ts';
import { NothingRecordedError, SegmentNotFoundError, StreamUnavailableError } from './errors.ts';

const resource: Resource = {
  contentType: 'video/mp4',
  cacheControl: 'public',
  etag: '"abc"',
  body: Buffer.from('0123456789'),
  acceptsRanges: true,
};
const asking = (headers: PlaybackRequest['headers']): PlaybackRequest => ({
  method: 'GET',
  path: '/',
  query: '',
  headers,
  remoteAddress: '',
  connection: {},
});

describe('answerWith', () => {
  it('gives the whole with its size, tag and lifetime', () => {
    expect(answerWith(resource, asking({}))).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'video/mp4',
        'content-length': '10',
        etag: '"abc"',
        'cache-control': 'public',
        'accept-ranges': 'bytes',
      },
    });
  });

  it('gives a slice with its place', () => {
    const answer = answerWith(resource, asking({ range: 'bytes=2-4' }));
    expect(answer.body?.toString()).toBe('234');
    expect(answer).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 2-4/10', 'content-length': '3' } });
  });

  it.each(['"abc"', 'W/"abc"', '"x", "abc"', '*'])('answers 304 without a body to If-None-Match %s', (tag) => {
    const answer = answerWith(resource, asking({ 'if-none-match': tag, range: 'bytes=0-1' }));
    expect(answer).toEqual({ status: 304, headers: { 'cache-control': 'public', etag: '"abc"', priority: 'u=1' } });
  });

  it('says how urgent it is: as a playlist unless told otherwise (hls.md 45)', () => {
    expect(answerWith(resource, asking({})).headers['priority']).toBe('u=1');
    expect(answerWith({ ...resource, urgency: 5 }, asking({ range: 'bytes=0-1' })).headers['priority']).toBe('u=5');
    expect(refusalOf(new Error('x')).headers['priority']).toBe('u=1');
  });

  it.each(['"x"', 'W/"abc"', 'Sat, 21 Nov 2026 00:00:00 GMT'])('takes no range under If-Range %s', (tag) => {
    expect(answerWith(resource, asking({ 'if-range': tag, range: 'bytes=0-1' })).status).toBe(200);
  });
});

describe('refusalOf', () => {
  it('lets a 404 be kept for a second, and nothing else', () => {
    expect(refusalOf(new SegmentNotFoundError('gone'))).toMatchObject({
      status: 404,
      headers: { 'cache-control': 'public, max-age=1' },
    });
    expect(refusalOf(new StreamUnavailableError('no'))).toMatchObject({
      status: 403,
      headers: { 'cache-control': 'no-store' },
    });
  });

  it('says when to come again for what lies ahead', () => {
    expect(refusalOf(new NothingRecordedError('not yet', 4)).headers['retry-after']).toBe('4');
    expect(refusalOf(new TimeShiftError('StartInFuture', 'ahead'))).toMatchObject({
      status: 404,
      headers: { 'retry-after': '1' },
    });
  });

  it('is 400 for a time-shift query that cannot be read', () => {
    const answer = refusalOf(new TimeShiftError('RangeTooLarge', 'expected at most 1 s'));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body?.toString() ?? '')).toEqual({
      error: 'InvalidRequest',
      message: 'expected at most 1 s',
    });
  });

  it('tells nothing of what went wrong inside', () => {
    const answer = refusalOf(new Error('password=1'));
    expect(answer.status).toBe(500);
    expect(answer.body?.toString()).not.toContain('password');
  });
});

describe('growingCacheControl', () => {
  it.each([
    [2, 'public, max-age=1'],
    [1, 'public, max-age=1'],
    [6, 'public, max-age=3'],
  ])('is half of %s s, and at least one', (targetDurationSec, expected) => {
    expect(growingCacheControl(targetDurationSec)).toBe(expected);
  });
});
