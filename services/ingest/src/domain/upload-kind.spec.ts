import { kindOfUpload } from './upload-kind.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

describe('kindOfUpload', () => {
  it.each([
    ['', 'stream', undefined, 'probe'],
    ['\0\0\0\x18ftypiso6', 'stream', undefined, 'media'],
    ['\0\0\0\x18stypmsdh', 'segment', 'video/mp4', 'media'],
    ['\0\0\0\x08free\0\0\0\x18', 'stream', undefined, 'media'],
    ['<?xml version="1', 'segment', undefined, 'manifest'],
    ['#EXTM3U\n#EXT-X-', 'stream', undefined, 'manifest'],
    ['anything', 'manifest', undefined, 'manifest'],
    ['anything', 'stream', 'application/dash+xml; charset=utf-8', 'manifest'],
    ['\x47\x40\x00\x10\x00\x00\xb0\x0d', 'stream', 'video/mp2t', 'unsupported'],
    ['FLV\x01\x05\0\0\0\x09', 'stream', undefined, 'unsupported'],
    ['<!DOCTYPE html>', 'stream', undefined, 'unsupported'],
    ['abc', 'stream', undefined, 'unsupported'],
  ] as const)('takes %j sent as %s (%s) for %s', (head, role, contentType, kind) => {
    expect(kindOfUpload(bytes(head), role, contentType)).toBe(kind);
  });
});
