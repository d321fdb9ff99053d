import { type BrokenOrigin, FROM_MS, isDelta, high, every, withoutLines, bump } from './mutation.ts';

/** Faults of delta updates. */
export const deltaFaults: readonly BrokenOrigin[] = [
  {
    name: 'a skip that is not honoured',
    mutation: (request, origin) => {
      const query = new URLSearchParams(request.query);
      query.delete('_HLS_skip');
      return origin.answer({ ...request, query });
    },
    fails: ['33-skip-honoured'],
  },
  {
    name: 'two skips',
    mutation: every((text) => text.replace(/(#EXT-X-SKIP:[^\n]+\n)/, '$1#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n')),
    fails: ['34-one-skip'],
  },
  {
    name: 'a skip of nothing',
    mutation: every((text) => text.replace(/SKIPPED-SEGMENTS=\d+/, 'SKIPPED-SEGMENTS=0')),
    fails: ['34-skips-something', '34-skipped-segments', '36-merge'],
  },
  {
    name: 'a count that is off by one',
    mutation: every((text) =>
      text.replace(/(SKIPPED-SEGMENTS=)(\d+)/, (_, tag: string, count: string) => `${tag}${Number(count) - 1}`),
    ),
    fails: ['34-skipped-segments', '36-merge'],
  },
  {
    name: 'segments skipped inside the boundary',
    mutation: every((text) => {
      if (!isDelta(text)) return text;
      const one = text.replace(
        /(SKIPPED-SEGMENTS=)(\d+)/,
        (_, tag: string, count: string) => `${tag}${Number(count) + 3}`,
      );
      return one.replace(/(?:#EXT-X-PROGRAM[^\n]+\n(?:#EXT-X-(?:GAP|PART)[^\n]*\n)*#EXTINF[^\n]+\n[^#\n]+\n){3}/, '');
    }),
    fails: ['34-skip-boundary'],
    options: { endMs: FROM_MS + 10_000 },
  },
  {
    name: 'another media sequence in a delta update',
    mutation: every((text) => (isDelta(text) ? bump(text, 'MEDIA-SEQUENCE', 1) : text)),
    fails: ['34-sequences', '34-skipped-segments', '36-merge'],
  },
  {
    name: 'date ranges left out that were not asked to be',
    mutation: every((text) =>
      isDelta(text) && text.includes('VERSION:9')
        ? withoutLines(text, (line) => line.startsWith('#EXT-X-DATERANGE'))
        : text,
    ),
    fails: ['35-date-ranges', '36-merge'],
  },
  {
    name: 'a delta update with another segment',
    mutation: every((text) => (isDelta(text) ? text.replace(/#EXTINF:2\.000/, '#EXTINF:1.900') : text)),
    fails: ['36-merge'],
  },
  {
    name: 'a delta update without rendition reports',
    mutation: every((text) =>
      isDelta(text) ? withoutLines(text, (line) => line.startsWith('#EXT-X-RENDITION')) : text,
    ),
    fails: ['41-report-for-each'],
  },
];

/** Faults of rendition reports. */
export const reportFaults: readonly BrokenOrigin[] = [
  {
    name: 'a rendition that is not reported',
    mutation: high((text) => withoutLines(text, (line) => line.includes('URI="sound.m3u8"'))),
    fails: ['41-report-for-each'],
  },
  {
    name: 'stale reports',
    mutation: high((text) =>
      text.replaceAll(/(LAST-MSN=)(\d+)/g, (_, tag: string, value: string) => `${tag}${Number(value) - 1}`),
    ),
    fails: ['41-report-fresh'],
  },
  {
    name: 'reports of what is not there yet',
    mutation: high((text) =>
      text.replaceAll(/(LAST-MSN=)(\d+)/g, (_, tag: string, value: string) => `${tag}${Number(value) + 2}`),
    ),
    fails: ['41-report-true'],
  },
];
