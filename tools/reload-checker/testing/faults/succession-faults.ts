import { type Mutation, type SimulatedAnswer, SimulatedOrigin, type SimulatedRequest } from '../simulated-origin.ts';
import {
  type BrokenOrigin,
  FROM_MS,
  LATER_MS,
  isOf,
  answers,
  high,
  every,
  instead,
  withoutLines,
  bump,
  number,
  gone,
} from './mutation.ts';

/** Faults between two fetches. */
export const successionFaults: readonly BrokenOrigin[] = [
  {
    name: 'a target duration that changes',
    mutation: every((text, { nowMs }) =>
      nowMs < LATER_MS
        ? text
        : text
            .replace('TARGETDURATION:2', 'TARGETDURATION:3')
            .replace(',HOLD-BACK=6', ',HOLD-BACK=9')
            .replace('CAN-SKIP-UNTIL=12', 'CAN-SKIP-UNTIL=18'),
    ),
    options: { lowLatency: false },
    fails: ['5-target-constant'],
  },
  {
    name: 'PLAYLIST-TYPE in a sliding playlist',
    mutation: high((text) => text.replace('#EXT-X-INDEPENDENT', '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT')),
    fails: ['6-playlist-type'],
  },
  {
    name: 'a duration that changes',
    mutation: high((text, { nowMs }) => (nowMs < LATER_MS ? text : text.replaceAll('#EXTINF:2.000', '#EXTINF:2.001'))),
    options: { lowLatency: false },
    fails: ['7-segments-unchanged'],
  },
  {
    name: 'a segment whose URI changes',
    mutation: every((text, { nowMs }) =>
      nowMs < LATER_MS ? text : text.replace(`high/${number(25)}.m4s`, `high/0${number(25)}.m4s`),
    ),
    options: { lowLatency: false },
    fails: ['7-segments-unchanged', '7-removed-from-the-front'],
  },
  {
    name: 'a segment removed from the middle',
    mutation: high((text, { nowMs }) =>
      nowMs < LATER_MS ? text : text.replace(/\n#EXT-X-PROGRAM[^\n]+\n#EXTINF[^\n]+\nhigh\/125\.m4s/, ''),
    ),
    options: { lowLatency: false },
    fails: ['7-removed-from-the-front', '8-media-sequence', '51-edge-never-back', '14-loss-is-marked'],
  },
  {
    name: 'a part that changes',
    mutation: high((text, { nowMs }) =>
      Math.floor(nowMs / 500) % 2 === 0
        ? text
        : text.replaceAll(/(PART:DURATION=0\.)5(,URI="high\/\d+\.1)/g, '$1499$2'),
    ),
    fails: ['7-parts-unchanged'],
  },
  {
    name: 'a playlist that is away for a while',
    mutation: instead(
      (request) => isOf('low')(request) && !request.query.has('_HLS_msn') && request.query.size === 0,
      () => gone(),
    ),
    options: { lowLatency: false },
    fails: ['7-playlist-served'],
  },
  {
    name: 'media sequence numbers that jump',
    mutation: jumpingNumbers(5),
    fails: ['8-media-sequence'],
    options: { lowLatency: false },
  },
  {
    name: 'media sequence numbers that go back',
    mutation: jumpingNumbers(-3),
    options: { lowLatency: false },
    fails: ['8-media-sequence', '51-edge-never-back'],
  },
  {
    name: 'a playlist that becomes too short',
    mutation: high((text, { nowMs }) => (nowMs < LATER_MS ? text : shortened(text, 2))),
    options: { lowLatency: false, endMs: FROM_MS + 15_000 },
    fails: ['9-long-enough'],
  },
  {
    name: 'a segment that comes late',
    mutation: frozen({ fromMs: LATER_MS + 1000, untilMs: LATER_MS + 6000 }),
    options: { lowLatency: false },
    fails: ['11-segment-in-time', '42-surplus'],
  },
  {
    name: 'a stream that stands still',
    mutation: frozen({ fromMs: LATER_MS + 1000, untilMs: Infinity }),
    options: { lowLatency: false, endMs: FROM_MS + 900_000 },
    fails: ['11-segment-in-time', '42-surplus'],
  },
  {
    name: 'parts that come late',
    mutation: (request, origin) =>
      isOf('high')(request) && request.query.get('_HLS_part') === '2'
        ? origin.clock.sleep(900).then(() => origin.answer(request))
        : origin.answer(request),
    fails: ['11-part-in-time'],
  },
  {
    name: 'a discontinuity sequence that is not raised',
    mutation: every((text) => text.replace('DISCONTINUITY-SEQUENCE:1', 'DISCONTINUITY-SEQUENCE:0')),
    fails: ['13-discontinuity-sequence', '36-merge'],
    options: { endMs: FROM_MS + 60_000, forMs: 50_000 },
  },
  {
    name: 'a discontinuity sequence of its own in one rendition',
    mutation: high((text) => bump(text, 'DISCONTINUITY-SEQUENCE', 3)),
    fails: ['42-discontinuities-equal'],
  },
  {
    name: 'a stream that goes on after ENDLIST',
    mutation: high((text, { nowMs }) =>
      nowMs > LATER_MS && nowMs < LATER_MS + 2500 ? `${text}#EXT-X-ENDLIST\n` : text,
    ),
    options: { lowLatency: false },
    fails: ['15-end-is-final'],
  },
  {
    name: 'PART-HOLD-BACK that changes',
    mutation: every((text, { nowMs }) =>
      nowMs < LATER_MS ? text : text.replace('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.8'),
    ),
    fails: ['24-control-constant'],
  },
  {
    name: 'PART-HOLD-BACK of its own in one rendition',
    mutation: high((text) => text.replace('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.8')),
    fails: ['24-control-equal'],
  },
  {
    name: 'a date range whose duration changes',
    mutation: every((text, { nowMs }) => (nowMs < LATER_MS ? text : text.replaceAll('DURATION=3', 'DURATION=4'))),
    fails: ['43-date-range-kept'],
  },
  {
    name: 'a date range that goes too early',
    mutation: every((text, { nowMs }) =>
      nowMs < LATER_MS ? text : withoutLines(text, (line) => line.startsWith('#EXT-X-DATERANGE:ID="marker-6"')),
    ),
    fails: ['43-date-range-kept'],
  },
  {
    name: 'a target duration of its own in one rendition',
    mutation: high((text) => text.replace('TARGETDURATION:2', 'TARGETDURATION:3')),
    options: { lowLatency: false },
    fails: ['42-target-equal'],
  },
  {
    name: 'a date range in one rendition only',
    mutation: high((text) => withoutLines(text, (line) => line.startsWith('#EXT-X-DATERANGE'))),
    fails: ['42-date-ranges-equal'],
  },
  {
    name: 'a rendition that is two parts behind',
    mutation: (request, origin) => behind(request, origin, 1100),
    fails: ['32-in-step', '41-report-fresh', '41-report-true'],
  },
];

/** Other numbers for the same segments from some moment on. */
function jumpingNumbers(by: number): Mutation {
  return high((text, { nowMs }) => (nowMs < LATER_MS ? text : bump(text, 'MEDIA-SEQUENCE', by)));
}

/** Only the newest few segments. */
function shortened(text: string, keep: number): string {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, index) => (line.startsWith('#EXT-X-PROGRAM-DATE-TIME') ? [index] : []));
  const first = lines.findIndex((line) => line.startsWith('#EXT-X-MAP'));
  const from = starts.at(-keep) ?? 0;
  const kept = [...lines.slice(0, first + 1), ...lines.slice(from)].join('\n');
  return bump(kept, 'MEDIA-SEQUENCE', starts.length - keep);
}

/** A playlist of `high` that does not change for a while. */
function frozen({ fromMs, untilMs }: { fromMs: number; untilMs: number }): Mutation {
  let held: SimulatedAnswer | undefined;
  return answers(isOf('high'), (answer, { nowMs }) => {
    if (nowMs < fromMs || nowMs > untilMs) held = answer;
    return held ?? answer;
  });
}

/** `high` as it was some time ago. */
async function behind(request: SimulatedRequest, origin: SimulatedOrigin, byMs: number): Promise<SimulatedAnswer> {
  if (!request.path.includes('/high')) return origin.answer(request);
  const clock = { nowMs: () => origin.clock.nowMs() - byMs, sleep: (ms: number) => origin.clock.sleep(ms) };
  return new SimulatedOrigin(clock, { ...origin.options, endMs: origin.options.endMs }).answer(request);
}
