import { renderMultivariantPlaylist, type Variant } from './multivariant-playlist.ts';

const variant: Variant = { uri: 'v.m3u8', bandwidth: 1, codecs: ['avc1.64001f'] };

describe('renderMultivariantPlaylist', () => {
  it('leaves out what is not known', () => {
    const text = renderMultivariantPlaylist({ variants: [variant], audio: [], independentSegments: true });
    expect(text).toContain('#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f"\nv.m3u8\n');
  });

  it('refuses a variant whose audio group has no rendition', () => {
    const variants = [{ ...variant, audioGroup: 'audio' }];
    expect(() => renderMultivariantPlaylist({ variants, audio: [], independentSegments: true })).toThrow(
      'AUDIO: expected one of the groups [], got audio',
    );
  });

  it('refuses a playlist without variants', () => {
    expect(() => renderMultivariantPlaylist({ variants: [], audio: [], independentSegments: true })).toThrow(
      'multivariant playlist: expected a variant, got none',
    );
  });
});
