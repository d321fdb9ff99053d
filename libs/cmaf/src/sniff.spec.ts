import { sniff } from './sniff.ts';
import { ascii, box, concat, ftyp, prft, styp, u8 } from '../testing/boxes.ts';
import { fixture } from '../testing/fixtures.ts';

describe('sniff', () => {
  it.each([
    ['ftyp', ftyp(), 'init'],
    ['moov', box('moov'), 'init'],
    ['styp', styp(), 'segment'],
    ['moof', box('moof'), 'segment'],
    ['prft', prft(1, 1n, 1n), 'segment'],
    ['a real segment', fixture('ll-dash-1.cmfv'), 'segment'],
    ['an MPD', ascii('<?xml version="1.0"?><MPD>'), 'manifest'],
    [
      'an MPD without declaration, after a byte order mark',
      concat(u8(0xef, 0xbb, 0xbf), ascii('\n<MPD x="">')),
      'manifest',
    ],
    ['a Smooth Streaming manifest', ascii('<SmoothStreamingMedia '), 'manifest'],
    ['a playlist', ascii('#EXTM3U\n#EXT-X-VERSION:6'), 'playlist'],
    ['a web page', ascii('<!doctype html><html>'), 'unknown'],
    ['another tag that begins alike', ascii('#EXTM3UX'), 'unknown'],
    ['a transport stream', u8(0x47, 0x40, 0, 0x10, 0, 0, 0, 0), 'unknown'],
    ['nothing', new Uint8Array(0), 'unknown'],
  ])('tells %s', (_, bytes, kind) => {
    expect(sniff(bytes)).toBe(kind);
  });
});
