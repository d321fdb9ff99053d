/**
 * Segments of a media playlist.
 * @param {string} text
 * @returns {{ uri: string, mediaSequence: number, durationSec: number, startEpochMs: number }[]}
 */
export function listedSegments(text) {
  const found = [];
  let mediaSequence = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(text)?.[1] ?? 0);
  let durationSec = 0;
  let startEpochMs = NaN;
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXTINF:')) durationSec = Number.parseFloat(line.slice(8));
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) startEpochMs = Date.parse(line.slice(25));
    if (line === '' || line.startsWith('#')) continue;
    found.push({ uri: line, mediaSequence, durationSec, startEpochMs });
    mediaSequence += 1;
    startEpochMs += durationSec * 1000;
  }
  return found;
}
