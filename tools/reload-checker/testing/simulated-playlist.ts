import {
  discontinuityOf,
  initUri,
  isGap,
  rangesAt,
  RENDITIONS,
  STREAM,
  type Reach,
  type SimulatedRange,
  type SimulatedRendition,
} from './simulated-stream.ts';

/** How a playlist is to be written. */
export interface PlaylistForm {
  readonly reach: Reach;
  readonly ended: boolean;
  /** Without: plain HLS with blocking reload off. */
  readonly lowLatency: boolean;
  readonly skip?: 'YES' | 'v2' | undefined;
  readonly iFrames?: boolean;
}

const time = (ms: number): string => new Date(STREAM.epochMs + ms).toISOString();
const number = (index: number): number => STREAM.firstMediaSequence + index;

/** The multivariant playlist. */
export const multivariantText = (): string =>
  `#EXTM3U
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,URI="sound.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="sound"
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="sound"
low.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100000,CODECS="avc1.64001f",URI="iframes.m3u8"
`;

/** A media playlist of a rendition, or its delta update. */
export function mediaText(rendition: SimulatedRendition, form: PlaylistForm): string {
  const { reach, lowLatency, ended } = form;
  const first = Math.max(0, reach.segments - STREAM.windowSegments);
  const skipped = form.skip === undefined || ended ? 0 : skippedSegments(reach, first);
  const lines = [...head(form, { first, skipped }), ...ranges(form, skipped)];
  for (let index = first + skipped; index < reach.segments; index++) {
    lines.push(...context(rendition.name, index, index === first));
    if (isGap(rendition.name, index)) lines.push('#EXT-X-GAP');
    const isNear = (reach.segments - index) * STREAM.targetSec <= 3 * STREAM.targetSec;
    if (lowLatency && isNear && form.iFrames !== true)
      lines.push(...partLines(rendition, index, STREAM.partsPerSegment));
    lines.push(`#EXTINF:${STREAM.targetSec.toFixed(3)},`, `${rendition.name}/${number(index)}.m4s`);
  }
  if (lowLatency && reach.parts > 0) {
    lines.push(...context(rendition.name, reach.segments, false), ...partLines(rendition, reach.segments, reach.parts));
  }
  lines.push(...tail(rendition, form), '');
  return lines.join('\n');
}

/** Segments that end farther from the last whole one than the skip boundary. */
function skippedSegments({ segments }: Reach, first: number): number {
  return Math.max(0, segments - STREAM.skipUntilSec / STREAM.targetSec - first - 1);
}

function head(
  { lowLatency, skip, iFrames = false, reach }: PlaylistForm,
  at: { first: number; skipped: number },
): string[] {
  const version = at.skipped === 0 ? (iFrames ? 5 : 6) : skip === 'v2' ? 10 : 9;
  const control = lowLatency
    ? [
        `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=6,PART-HOLD-BACK=1.5,CAN-SKIP-UNTIL=${STREAM.skipUntilSec},CAN-SKIP-DATERANGES=YES`,
        ...(iFrames ? [] : [`#EXT-X-PART-INF:PART-TARGET=${STREAM.partSec}`]),
      ]
    : [];
  const removed = rangesAt(reach).removed.map(({ id }) => id);
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${version}`,
    `#EXT-X-TARGETDURATION:${STREAM.targetSec}`,
    `#EXT-X-MEDIA-SEQUENCE:${number(at.first)}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuityOf(at.first)}`,
    ...(iFrames ? ['#EXT-X-I-FRAMES-ONLY'] : ['#EXT-X-INDEPENDENT-SEGMENTS']),
    ...control,
    ...(at.skipped === 0
      ? []
      : [
          `#EXT-X-SKIP:SKIPPED-SEGMENTS=${at.skipped}${skip === 'v2' ? `,RECENTLY-REMOVED-DATERANGES="${removed.join('\t')}"` : ''}`,
        ]),
  ];
}

function ranges({ reach, skip }: PlaylistForm, skipped: number): string[] {
  const newestMs = reach.segments * STREAM.segmentMs;
  const isOld = ({ startMs }: SimulatedRange): boolean => newestMs - startMs > STREAM.skipUntilSec * 1000 + 4000;
  return rangesAt(reach)
    .listed.filter((range) => skipped === 0 || skip !== 'v2' || !isOld(range))
    .map(
      ({ id, startMs }) =>
        `#EXT-X-DATERANGE:ID="${id}",CLASS="test",START-DATE="${time(startMs)}",DURATION=${STREAM.dateRangeMs / 1000}`,
    );
}

function context(name: string, index: number, isFirst: boolean): string[] {
  const breaks = !isFirst && index === STREAM.brokenAt;
  return [
    ...(breaks ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(breaks || isFirst ? [`#EXT-X-MAP:URI="${initUri(name, index)}"`] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${time(index * STREAM.segmentMs)}`,
  ];
}

function partLines({ name, video }: SimulatedRendition, index: number, count: number): string[] {
  return Array.from({ length: count }, (_, part) => {
    const independent = (!video || part === 0) && !isGap(name, index) ? ',INDEPENDENT=YES' : '';
    const gap = isGap(name, index) ? ',GAP=YES' : '';
    return `#EXT-X-PART:DURATION=${STREAM.partSec},URI="${name}/${number(index)}.${part}.m4s"${independent}${gap}`;
  });
}

function tail({ name }: SimulatedRendition, { reach, ended, lowLatency, iFrames = false }: PlaylistForm): string[] {
  if (ended) return ['#EXT-X-ENDLIST'];
  if (!lowLatency || iFrames) return [];
  const { segments, parts } = reach;
  const entersNew = segments === STREAM.brokenAt && parts === 0;
  const last =
    parts === 0 ? { index: segments - 1, part: STREAM.partsPerSegment - 1 } : { index: segments, part: parts - 1 };
  return [
    ...(entersNew ? [`#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="${initUri(name, segments)}"`] : []),
    `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${name}/${number(segments)}.${parts}.m4s"`,
    ...RENDITIONS.filter((other) => other.name !== name).map(
      (other) =>
        `#EXT-X-RENDITION-REPORT:URI="${other.name}.m3u8",LAST-MSN=${number(last.index)},LAST-PART=${last.part}`,
    ),
  ];
}
