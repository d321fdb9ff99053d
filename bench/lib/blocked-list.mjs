/** What a low-latency media playlist ends with. `endMs`: wall clock of the end of its newest part; `next`: what to ask for then. @typedef {{ endMs: number, next: { msn: number, part: number } }} Edge */

/**
 * The live edge of a media playlist, read by hand.
 * @param {string} text
 * @returns {Edge}
 */
export function edgeOf(text) {
  let mediaSequence = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(text)?.[1] ?? 0);
  let startMs = NaN;
  let endMs = NaN;
  let durationSec = 0;
  let partSec = 0;
  let parts = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) startMs = Date.parse(line.slice(25));
    else if (line.startsWith('#EXT-X-PART:')) {
      partSec += Number(/DURATION=([\d.]+)/.exec(line)?.[1]);
      parts += 1;
      endMs = startMs + partSec * 1000;
    } else if (line.startsWith('#EXTINF:')) durationSec = Number.parseFloat(line.slice(8));
    if (line === '' || line.startsWith('#')) continue;
    startMs += durationSec * 1000;
    endMs = startMs;
    mediaSequence += 1;
    parts = 0;
    partSec = 0;
  }
  return { endMs, next: { msn: mediaSequence, part: parts } };
}

/** Wall clock at which the media of a playlist begins, ms; its first segment must be that of the stream. @param {string} text */
export function beginMsOf(text) {
  if (!/^#EXT-X-MEDIA-SEQUENCE:0$/m.test(text)) throw new Error('a playlist from media sequence 0 was expected');
  return Date.parse(/^#EXT-X-PROGRAM-DATE-TIME:(.*)$/m.exec(text)?.[1] ?? '');
}

/** @param {string} path @param {{ msn: number, part: number }} next */
export const blockedPath = (path, { msn, part }) => `${path}?_HLS_msn=${msn}&_HLS_part=${part}`;
