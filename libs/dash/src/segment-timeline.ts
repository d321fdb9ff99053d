import { ManifestError } from './manifest-error.ts';
import type { DashSegment, DashTrack } from './manifest-model.ts';
import { xmlElement } from './xml.ts';

/** The segments of a track that a manifest can list: those after its last loss. `$Number$` counts by position and players know no S@n, so a number left out would name wrong segments ever after. Right after a loss, those before it. */
export function listableSegments({ segments, open }: Pick<DashTrack, 'segments' | 'open'>): readonly DashSegment[] {
  const all = open === undefined ? segments : [...segments, open];
  const end = all.findLastIndex((segment) => segment.gap !== true) + 1;
  const start = all.slice(0, end).findLastIndex((segment) => segment.gap === true) + 1;
  return start === 0 && end === all.length ? all : all.slice(start, end);
}

/** SegmentTimeline (ISO/IEC 23009-1 5.3.9.6), neighbours of one length as one S. Throws ManifestError when media sequence numbers jump. */
export function segmentTimeline(segments: readonly DashSegment[]): string {
  const entries: { startTicks: bigint | undefined; durationTicks: bigint; count: number }[] = [];
  let previous: DashSegment | undefined;
  for (const segment of segments) {
    const isContinuing = previous !== undefined && endOf(previous) === segment.decodeTimeTicks;
    checkSegment(segment, previous);
    const last = entries.at(-1);
    if (isContinuing && last?.durationTicks === segment.durationTicks) last.count += 1;
    else {
      const startTicks = isContinuing ? undefined : segment.decodeTimeTicks;
      entries.push({ startTicks, durationTicks: segment.durationTicks, count: 1 });
    }
    previous = segment;
  }
  return xmlElement(
    'SegmentTimeline',
    {},
    entries.map(({ startTicks, durationTicks, count }) =>
      xmlElement('S', { t: startTicks, d: durationTicks, r: count > 1 ? count - 1 : undefined }),
    ),
  );
}

const endOf = (segment: DashSegment): bigint => segment.decodeTimeTicks + segment.durationTicks;

function checkSegment(segment: DashSegment, previous: DashSegment | undefined): void {
  const { mediaSequence, decodeTimeTicks, durationTicks } = segment;
  if (previous !== undefined && mediaSequence !== previous.mediaSequence + 1) {
    throw new ManifestError(`mediaSequence: expected ${previous.mediaSequence + 1}, got ${mediaSequence}`);
  }
  if (durationTicks >= 1n && decodeTimeTicks >= 0n) return;
  throw new ManifestError(
    `segment ${mediaSequence}: expected a decode time of at least 0 and a duration of at least 1, ` +
      `got ${decodeTimeTicks} and ${durationTicks}`,
  );
}
