const TYPES: Readonly<Record<string, 'init' | 'segment'>> = {
  ftyp: 'init',
  moov: 'init',
  styp: 'segment',
  moof: 'segment',
  prft: 'segment',
  sidx: 'segment',
  ssix: 'segment',
  emsg: 'segment',
};
const MANIFEST = /^(<\?xml|<MPD|<SmoothStreamingMedia|<smil)[\s>?]/;

/** Tells what an upload is from its first bytes; 32 are enough. */
export function sniff(bytes: Uint8Array): 'init' | 'segment' | 'manifest' | 'playlist' | 'unknown' {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  const media = TYPES[head.slice(4, 8)];
  if (media) return media;
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^#EXTM3U(\s|$)/.test(text)) return 'playlist';
  return MANIFEST.test(text) ? 'manifest' : 'unknown';
}
