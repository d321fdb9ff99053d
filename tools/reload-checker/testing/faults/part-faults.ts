import { type BrokenOrigin, LONG_MS, isPlaylist, isOf, texts, high, every, withoutLines } from './mutation.ts';

/** Faults of parts and server control. */
export const partFaults: readonly BrokenOrigin[] = [
  {
    name: 'parts without PART-INF',
    mutation: texts(
      (request) => isPlaylist(request),
      (text) => withoutLines(text, (line) => line.startsWith('#EXT-X-PART-INF')),
    ),
    fails: ['17-part-inf'],
  },
  {
    name: 'a part over PART-TARGET',
    mutation: every((text) => text.replaceAll('PART-TARGET=0.5', 'PART-TARGET=0.45')),
    fails: ['17-part-longest'],
  },
  {
    name: 'a part under 85 % of PART-TARGET',
    mutation: texts(isPlaylist, (text) =>
      text.replaceAll('PART-TARGET=0.5', 'PART-TARGET=0.6').replaceAll('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.8'),
    ),
    fails: ['17-part-shortest'],
  },
  {
    name: 'parts that do not add up to their segment',
    mutation: high((text) =>
      text.replaceAll(/PART:DURATION=0\.5,URI="high\/(\d+)\.3/g, 'PART:DURATION=0.4,URI="high/$1.3'),
    ),
    fails: ['18-parts-add-up'],
  },
  {
    name: 'the wall clock of a segment after its parts',
    mutation: high((text) => text.replaceAll(/(#EXT-X-PROGRAM-DATE-TIME[^\n]+\n)((?:#EXT-X-PART:[^\n]+\n)+)/g, '$2$1')),
    fails: ['20-context-before-parts'],
  },
  {
    name: 'parts of old segments',
    mutation: high((text) =>
      text.replaceAll(/#EXTINF:2\.000,\nhigh\/(\d+)\.m4s/g, (whole, msn: string) =>
        text.includes(`high/${msn}.0.m4s`)
          ? whole
          : `${[0, 1, 2, 3].map((part) => `#EXT-X-PART:DURATION=0.5,URI="high/${msn}.${part}.m4s"${part === 0 ? ',INDEPENDENT=YES' : ''}\n`).join('')}${whole}`,
      ),
    ),
    fails: ['21-old-parts-dropped'],
  },
  {
    name: 'a short HOLD-BACK',
    mutation: every((text) => text.replace(',HOLD-BACK=6', ',HOLD-BACK=5')),
    fails: ['23-hold-back'],
  },
  {
    name: 'a PART-HOLD-BACK under two parts',
    mutation: every((text) => text.replace('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=0.9')),
    fails: ['23-part-hold-back', '23-part-hold-back-advised'],
  },
  {
    name: 'a PART-HOLD-BACK under three parts',
    mutation: every((text) => text.replace('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.2')),
    fails: ['23-part-hold-back-advised'],
  },
  {
    name: 'a short CAN-SKIP-UNTIL',
    mutation: every((text) => text.replace('CAN-SKIP-UNTIL=12', 'CAN-SKIP-UNTIL=10')),
    fails: ['23-skip-boundary'],
  },
  {
    name: 'no PART-HOLD-BACK',
    mutation: every((text) => text.replace(',PART-HOLD-BACK=1.5', '')),
    fails: ['23-control-complete'],
  },
  {
    name: 'no part hint',
    mutation: high((text) => withoutLines(text, (line) => line.startsWith('#EXT-X-PRELOAD-HINT:TYPE=PART'))),
    fails: ['37-one-part-hint'],
  },
  {
    name: 'two part hints',
    mutation: high((text) => text.replace(/(#EXT-X-PRELOAD-HINT:TYPE=PART[^\n]+\n)/, '$1$1')),
    fails: ['37-one-part-hint'],
  },
  {
    name: 'a MAP hint of the map in force',
    options: { forMs: LONG_MS },
    mutation: high((text) => text.replace('TYPE=MAP,URI="high/init-1', 'TYPE=MAP,URI="high/init-0')),
    fails: ['37-map-hint'],
  },
  {
    name: 'hints that name another part than comes',
    mutation: texts(isOf('high'), (text) => text.replace(/(TYPE=PART,URI="high\/\d+)\.([123])\./, '$1.1$2.')),
    fails: ['38-hint-is-next-part'],
  },
  {
    name: 'hints of a fifth part that never comes',
    mutation: texts(isOf('high'), (text) => {
      const last = /#EXT-X-PART:[^\n]+"high\/(\d+)\.3\.m4s"[^\n]*\n#EXTINF[^\n]+\n[^\n]+\n#EXT-X-PRELOAD/.exec(
        text,
      )?.[1];
      if (last === undefined) return text;
      return text
        .replace(/(TYPE=PART,URI=")[^"]+/, `$1high/${last}.4.m4s`)
        .replace(new RegExp(`#EXTINF[^\\n]+\\nhigh/${last}\\.m4s\\n`), '');
    }),
    fails: ['38-hint-is-kept'],
  },
];
