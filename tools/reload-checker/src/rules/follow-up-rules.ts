import { edgeOf, headsOf } from '../edge.ts';
import type { MediaPlaylist, Part, SegmentHead, Tag } from '../model.ts';
import { fault, unless, type Fault, type Rule } from '../rule.ts';
import type { Succession } from './succession.ts';

interface Followed {
  readonly hint: Tag;
  readonly part: Part;
  readonly head: SegmentHead;
  readonly index: number;
}

/** The part hint of the earlier playlist and the first part that came after it. */
function followUpOf({ previous, next }: Succession): Followed | undefined {
  const hint = previous.hints.find(({ attributes }) => attributes.get('TYPE') === 'PART');
  if (hint === undefined || hint.attributes.has('BYTERANGE-START')) return undefined;
  const { mediaSequence, openParts } = edgeOf(previous);
  const parent = headsOf(next).find((head) => head.mediaSequence === mediaSequence + 1);
  const part = parent?.parts[openParts];
  if (parent !== undefined && part !== undefined) return { hint, part, head: parent, index: openParts };
  // The parent was closed as it stood: the next part is the first of the segment after it.
  if (parent === undefined || parent.parts.length !== openParts || !('uri' in parent)) return undefined;
  const after = headsOf(next).find((head) => head.mediaSequence === mediaSequence + 2);
  const first = after?.parts[0];
  return after === undefined || first === undefined ? undefined : { hint, part: first, head: after, index: 0 };
}

const isHinted = ({ hint, part }: Followed): boolean => part.uri === hint.attributes.get('URI');
const otherThanHinted = ({ hint, part }: Followed): Fault =>
  fault(hint.attributes.get('URI') ?? 'a URI', part.uri, hint.line, part.line);

const hintIsPart: Rule<Succession> = {
  id: '38-hint-is-next-part',
  section: '4.4.5.3',
  level: 'MUST',
  sentence: 'The part that was hinted has the URI that was hinted.',
  check: (succession) => {
    const followed = followUpOf(succession);
    // Another parent: the hinted part was given up, see below.
    if (followed === undefined || (followed.index === 0 && edgeOf(succession.previous).openParts > 0)) return undefined;
    return unless(isHinted(followed), () => otherThanHinted(followed));
  },
};

const hintIsKept: Rule<Succession> = {
  id: '38-hint-is-kept',
  section: '4.4.5.3',
  level: 'client',
  sentence: 'A hinted part comes, unless a DISCONTINUITY does: a hint that is given up costs each player a request.',
  check: (succession) => {
    const followed = followUpOf(succession);
    if (followed === undefined || followed.head.discontinuities > 0) return undefined;
    return unless(followed.index > 0 || edgeOf(succession.previous).openParts === 0 || isHinted(followed), () =>
      otherThanHinted(followed),
    );
  },
};

const endMs = ({ attributes }: Tag): number => {
  const startMs = Date.parse(attributes.get('START-DATE') ?? '');
  const endDateMs = Date.parse(attributes.get('END-DATE') ?? '');
  if (Number.isFinite(endDateMs)) return endDateMs;
  return startMs + 1000 * Number(attributes.get('DURATION') ?? 0);
};

const idOf = ({ attributes }: Tag): string => attributes.get('ID') ?? '';

/** The start of the playlist on the wall clock, ms. */
const startOf = (playlist: MediaPlaylist): number => headsOf(playlist)[0]?.startEpochMs ?? Number.NaN;

const rangesKept: Rule<Succession> = {
  id: '43-date-range-kept',
  section: '4.4.5.1',
  level: 'MUST',
  sentence: 'A DATERANGE stays as long as it reaches into the playlist, and its attributes never change.',
  check: ({ previous, next }) => {
    if (previous.dateRanges.length === 0) return undefined;
    const now = new Map<string, Array<[string, string]>>();
    for (const range of next.dateRanges) {
      now.set(idOf(range), [...(now.get(idOf(range)) ?? []), ...range.attributes]);
    }
    return previous.dateRanges.flatMap((range) => {
      const attributes = now.get(idOf(range));
      if (attributes === undefined) {
        return unless(!(endMs(range) > startOf(next)), () => fault('the range to stay', 'it is gone', range.line));
      }
      const changed = [...range.attributes].find(
        ([name, value]) => !attributes.some((attribute) => attribute[0] === name && attribute[1] === value),
      );
      return changed === undefined ? [] : [fault(`${changed[0]}=${changed[1]}`, 'another value or none', range.line)];
    });
  },
};

/** What must follow from the hints and date ranges of the fetch before. */
export const followUpRules: ReadonlyArray<Rule<Succession>> = [hintIsPart, hintIsKept, rangesKept];
