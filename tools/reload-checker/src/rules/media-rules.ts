import type { InitContent, MediaContent } from '../boxes.ts';
import { isServed, type Exchange } from '../exchange.ts';
import { fault, unless, type Fault, type Rule } from '../rule.ts';

/** One fetch of a segment or part. */
export interface MediaFetch {
  readonly kind: 'segment' | 'part';
  /** Why it was fetched: listed just now, hinted, off the list but still owed, or its part tag is off the list but still owed. */
  readonly when: 'listed' | 'hinted' | 'removed' | 'tag_dropped';
  readonly exchange: Exchange;
  readonly durationSec: number;
  /** What its tag says. */
  readonly independent: boolean | undefined;
  /** Undefined when there was nothing to read. */
  readonly content: MediaContent | undefined;
  /** Whether the initialization segment was there to say what sync samples are. */
  readonly hasInit: boolean;
  /** Its lines in the playlist. */
  readonly lines: readonly string[];
  readonly toleranceMs: number;
}

/** Media may take this share of its own duration to arrive: more than that is the speed of production. */
const SHARE_OF_DURATION = 0.5;

const outcome = ({ exchange }: MediaFetch): string =>
  `${exchange.status === 0 ? (exchange.failure ?? 'no answer') : exchange.status} with ${exchange.body.length} bytes after ${Math.round(exchange.lastByteAtMs - exchange.askedAtMs)} ms`;
const isComplete = ({ exchange }: MediaFetch): boolean => isServed(exchange) && exchange.body.length > 0;

const hasFragments = (content: MediaContent | undefined): content is MediaContent =>
  content !== undefined && content.fragments.length > 0;

/** A rule that a fetch of some kind succeeds. */
function served(facts: Omit<Rule<MediaFetch>, 'check'>, when: MediaFetch['when']): Rule<MediaFetch> {
  return {
    ...facts,
    check: (fetch) =>
      fetch.when === when
        ? unless(isComplete(fetch), () => fault('200 with bytes', outcome(fetch), fetch.exchange.url, ...fetch.lines))
        : undefined,
  };
}

const listedServed = served(
  {
    id: '12-listed-fetchable',
    section: '6.2.1',
    level: 'MUST',
    sentence: 'Every listed segment and part that is no GAP can be fetched.',
  },
  'listed',
);

const removedServed = served(
  {
    id: '10-removed-fetchable',
    section: '6.2.2',
    level: 'MUST',
    sentence:
      'A removed segment can be fetched until its duration and that of the longest playlist with it have passed since it appeared.',
  },
  'removed',
);

const droppedServed = served(
  {
    id: '21-dropped-part-fetchable',
    section: '6.2.2',
    level: 'MUST',
    sentence: 'A part can be fetched for three target durations after its tag is gone.',
  },
  'tag_dropped',
);

const hintServed = served(
  {
    id: '38-hint-served',
    section: '4.4.5.3',
    level: 'MUST',
    sentence: 'A hinted part can be asked for at once and comes when it is ready.',
  },
  'hinted',
);

const fullSpeed: Rule<MediaFetch> = {
  id: '12-full-speed',
  section: '6.2.1',
  level: 'MUST',
  sentence: 'A listed segment or part comes as fast as the link goes, not as fast as it is made.',
  check: (fetch) => {
    if (fetch.when !== 'listed' || !isComplete(fetch)) return undefined;
    const tookMs = fetch.exchange.lastByteAtMs - fetch.exchange.askedAtMs;
    const limitMs = SHARE_OF_DURATION * fetch.durationSec * 1000 + fetch.toleranceMs;
    return unless(tookMs <= limitMs, () =>
      fault(`within ${Math.round(limitMs)} ms`, outcome(fetch), fetch.exchange.url, ...fetch.lines),
    );
  },
};

const hintWhole: Rule<MediaFetch> = {
  id: '38-hint-at-full-speed',
  section: '6.2.6',
  level: 'MUST',
  sentence: 'No byte of a hinted part is sent before all of it can be sent at full speed.',
  check: (fetch) => {
    if (fetch.when !== 'hinted' || !isComplete(fetch)) return undefined;
    const { firstByteAtMs, lastByteAtMs } = fetch.exchange;
    const limitMs = (SHARE_OF_DURATION * fetch.durationSec * 1000) / 2 + fetch.toleranceMs;
    return unless(lastByteAtMs - firstByteAtMs <= limitMs, () =>
      fault(
        `the body within ${Math.round(limitMs)} ms`,
        `${Math.round(lastByteAtMs - firstByteAtMs)} ms from its first byte to its last`,
        fetch.exchange.url,
      ),
    );
  },
};

const independentMarked: Rule<MediaFetch> = {
  id: '19-independent-marked',
  section: '4.4.4.9',
  level: 'SHOULD',
  sentence: 'A part is INDEPENDENT exactly when it holds a sync sample.',
  check: ({ kind, independent, content, hasInit, lines }) => {
    if (kind !== 'part' || independent === undefined || !hasInit || !hasFragments(content)) return undefined;
    const hasSync = content.fragments.some(({ hasSyncSample }) => hasSyncSample);
    return unless(hasSync === independent, () =>
      fault(
        hasSync ? 'INDEPENDENT=YES' : 'no INDEPENDENT',
        hasSync ? 'none, with a sync sample' : 'INDEPENDENT without one',
        ...lines,
      ),
    );
  },
};

const segmentIndependent: Rule<MediaFetch> = {
  id: '22-segment-independent',
  section: 'B.1',
  level: 'client',
  sentence: 'Every segment holds at least one sync sample.',
  check: ({ kind, when, content, hasInit, lines }) => {
    if (kind !== 'segment' || when !== 'listed' || !hasInit || !hasFragments(content)) return undefined;
    return unless(
      content.fragments.some(({ hasSyncSample }) => hasSyncSample),
      () => fault('a sync sample', 'none', ...lines),
    );
  },
};

const fragmentsSound: Rule<MediaFetch> = {
  id: '2-fragments',
  section: '3.1.2',
  level: 'MUST',
  sentence: 'Every track fragment has a tfdt and addresses its samples from the movie fragment.',
  check: ({ content, lines }) => {
    if (!hasFragments(content)) return undefined;
    const bad = content.fragments.find(
      ({ decodeTimeTicks, isMovieFragmentRelative }) => decodeTimeTicks === undefined || !isMovieFragmentRelative,
    );
    return unless(bad === undefined, () =>
      fault(
        'tfdt and default-base-is-moof',
        bad?.decodeTimeTicks === undefined ? 'no tfdt' : 'absolute addressing',
        ...lines,
      ),
    );
  },
};

/** What each fetch of media must give. */
export const mediaRules: ReadonlyArray<Rule<MediaFetch>> = [
  listedServed,
  removedServed,
  droppedServed,
  hintServed,
  fullSpeed,
  hintWhole,
  independentMarked,
  segmentIndependent,
  fragmentsSound,
];

/** An initialization segment as it was fetched. */
export interface InitFetch {
  readonly exchange: Exchange;
  readonly content: InitContent | undefined;
  readonly line: string;
  /** CODECS of each variant that plays it. */
  readonly codecs: readonly string[];
}

const ISO6_OR_LATER = /^(?:iso[6-9a-c]|cmf[c2]|cmff|cmfl|mp42)$/;
/** Names that one codec goes by in sample entries and in CODECS. */
const SAME_CODEC = [
  ['avc1', 'avc3'],
  ['hvc1', 'hev1'],
  ['dvh1', 'dvhe'],
  ['Opus', 'opus'],
  ['fLaC', 'flac'],
];

function initFaults({ exchange, content, line }: InitFetch): Fault[] {
  if (!isServed(exchange) || content === undefined) return [fault('200', String(exchange.status), line)];
  const wants: Array<[boolean, string, string]> = [
    [content.brands.some((brand) => ISO6_OR_LATER.test(brand)), 'a brand of iso6 or later', content.brands.join(' ')],
    [content.topLevel.includes('moov'), 'moov', content.topLevel.join(' ')],
    [content.hasMovieExtends, 'mvex', 'none'],
    [content.sampleCount === 0, 'no samples', `${content.sampleCount} in the sample tables`],
    [content.headerDurations === 0, 'zero durations in mvhd and tkhd', String(content.headerDurations)],
    [
      !content.topLevel.includes('mdat') && !content.topLevel.includes('moof'),
      'no sample data',
      content.topLevel.join(' '),
    ],
  ];
  return wants.filter(([holds]) => !holds).map(([, expected, came]) => fault(expected, came, line));
}

const initSound: Rule<InitFetch> = {
  id: '2-init',
  section: '3.1.2',
  level: 'MUST',
  sentence:
    'The media initialization section has ftyp of iso6 or later, moov with mvex, zero durations and no samples.',
  check: initFaults,
};

const codecsListed: Rule<InitFetch> = {
  id: '42-codecs',
  section: '4.4.6.2',
  level: 'MUST',
  sentence: 'CODECS of a variant names the format of every rendition it plays.',
  check: ({ content, codecs, line }) => {
    const entries = (content?.tracks ?? []).map(({ sampleEntry }) => sampleEntry).filter((entry) => entry !== '');
    if (codecs.length === 0 || entries.length === 0) return undefined;
    return codecs
      .filter((list) => entries.some((entry) => !namesFormat(list, entry)))
      .slice(0, 1)
      .map((list) => fault(`${entries.join(', ')} in CODECS`, list === '' ? 'no CODECS' : list, line));
  },
};

function namesFormat(list: string, entry: string): boolean {
  const names = SAME_CODEC.find((group) => group.includes(entry)) ?? [entry];
  // An encrypted entry hides its format.
  return (
    entry.startsWith('enc') || list.split(',').some((codec) => names.includes(codec.trim().split('.', 1)[0] ?? ''))
  );
}

/** What each initialization segment must be. */
export const initRules: ReadonlyArray<Rule<InitFetch>> = [initSound, codecsListed];
