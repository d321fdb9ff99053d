import {
  type BrokenOrigin,
  FROM_MS,
  LONG_MS,
  isPlaylist,
  isDelta,
  high,
  every,
  lineOf,
  withoutLines,
  moved,
  number,
} from './mutation.ts';

/** Faults of single playlists. */
export const playlistFaults: readonly BrokenOrigin[] = [
  { name: 'a byte order mark', mutation: high((text) => `\uFEFF${text}`), fails: ['1-text'] },
  {
    name: 'a control character',
    mutation: high((text) => text.replace('#EXT-X-TARGET', '# \u0007\n#EXT-X-TARGET')),
    fails: ['1-text'],
  },
  {
    name: 'a playlist of another media type under another path',
    mutation: async (request, origin) => {
      const answer = await origin.answer({ ...request, path: request.path.replace(/\.list$/, '.m3u8') });
      if (request.path.endsWith('/index.m3u8')) {
        return { ...answer, body: Buffer.from(answer.body.toString().replaceAll('low.m3u8', 'low.list')) };
      }
      if (request.path.endsWith('.list'))
        return { ...answer, headers: { ...answer.headers, 'content-type': 'text/plain' } };
      return {
        ...answer,
        body: Buffer.from(
          isPlaylist(request) ? answer.body.toString().replaceAll('low.m3u8', 'low.list') : answer.body,
        ),
      };
    },
    fails: ['1-media-type'],
  },
  {
    name: 'no EXT-X-MAP',
    mutation: high((text) =>
      withoutLines(text, (line) => line.startsWith('#EXT-X-MAP')).replace('VERSION:6', 'VERSION:3'),
    ),
    fails: ['2-map'],
  },
  {
    name: 'two target durations',
    mutation: high((text) => text.replace(/(#EXT-X-TARGETDURATION:\d+\n)/, '$1$1')),
    fails: ['3-single-tags'],
  },
  {
    name: 'MEDIA-SEQUENCE after the first segment tag',
    mutation: high((text) => {
      const line = text.split('\n')[lineOf(text, '#EXT-X-DISCONTINUITY-SEQUENCE')] ?? '';
      return isDelta(text)
        ? text
        : withoutLines(text, (other) => other === line).replace(/(#EXTINF:2\.000,\n)/, `$1${line}\n`);
    }),
    fails: ['3-sequences-first'],
  },
  {
    name: 'a version that is too low',
    mutation: high((text) => text.replace('VERSION:6', 'VERSION:3')),
    fails: ['4-version'],
  },
  {
    name: 'a version that is too high',
    mutation: high((text) => text.replace('VERSION:6', 'VERSION:12')),
    fails: ['4-version-not-higher'],
  },
  {
    name: 'an EXTINF over the target duration',
    mutation: every((text) =>
      text.replaceAll(`#EXTINF:2.000,\nhigh/${number(33)}.m4s`, `#EXTINF:2.600,\nhigh/${number(33)}.m4s`),
    ),
    options: { forMs: LONG_MS, lowLatency: false },
    fails: ['5-target-duration', '13-timestamps-continue'],
  },
  {
    name: 'a loss that is not marked',
    mutation: every((text) => {
      const lines = text.split('\n');
      const uri = lines.findIndex((line) => line === `high/${number(33)}.m4s`);
      const start = lines.findLastIndex((line, index) => index < uri && line.startsWith('#EXT-X-PROGRAM-DATE-TIME'));
      return uri < 0 ? text : [...lines.slice(0, start), ...lines.slice(uri + 1)].join('\n');
    }),
    options: { forMs: LONG_MS, lowLatency: false },
    fails: ['14-loss-is-marked', '13-timestamps-continue'],
  },
  {
    name: 'a hint beside ENDLIST',
    options: { forMs: LONG_MS },
    mutation: high((text) =>
      text.replace('#EXT-X-ENDLIST', '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="high/next.m4s"\n#EXT-X-ENDLIST'),
    ),
    fails: ['15-no-hint-at-end'],
  },
  {
    name: 'no wall clock',
    options: { forMs: LONG_MS },
    mutation: high((text) => withoutLines(text, (line) => /^#EXT-X-(?:PROGRAM-DATE-TIME|DATERANGE)/.test(line))),
    fails: ['16-date-time', '16-date-time-at-discontinuity', '42-date-ranges-equal'],
  },
  {
    name: 'a wall clock without milliseconds',
    mutation: high((text) => text.replaceAll(/(PROGRAM-DATE-TIME:[^.]+)\.000Z/g, '$1Z')),
    fails: ['16-date-time'],
  },
  {
    name: 'a DISCONTINUITY without wall clock',
    options: { forMs: LONG_MS },
    mutation: high((text) =>
      text.replace(/(#EXT-X-DISCONTINUITY\n#EXT-X-MAP[^\n]+\n)#EXT-X-PROGRAM-DATE-TIME[^\n]+\n/, '$1'),
    ),
    fails: ['16-date-time-at-discontinuity'],
  },
  {
    name: 'a wall clock that says a second twice after a DISCONTINUITY',
    mutation: every((text) => {
      const [before, after] = text.split('#EXT-X-DISCONTINUITY\n');
      if (after === undefined) return text;
      return `${before}#EXT-X-DISCONTINUITY\n${after.replaceAll(/(PROGRAM-DATE-TIME:)(\S+)/g, (_, tag: string, iso: string) => tag + moved(iso, -1500))}`;
    }),
    options: { forMs: LONG_MS, endMs: FROM_MS + 34_000 },
    fails: ['16-clock-unambiguous'],
  },
  {
    name: 'a delivery directive in a URI',
    mutation: high((text) => text.replaceAll(/("high\/\d+\.\d\.m4s)"/g, '$1?_HLS_msn=1"')),
    fails: ['50-no-directives-in-uris'],
  },
  {
    name: 'a date range without START-DATE',
    mutation: every((text) => text.replaceAll(/,START-DATE="[^"]+"/g, '')),
    fails: ['43-date-range'],
  },
];
