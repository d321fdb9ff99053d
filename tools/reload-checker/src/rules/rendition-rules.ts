import { numberOf } from '../attributes.ts';
import { compareEdges, describeEdge, headsOf, openDurationSec, type Edge } from '../edge.ts';
import type { MediaPlaylist, Segment, Tag } from '../model.ts';
import { fault, unless, type Fault, type Rule } from '../rule.ts';
import { sameAttributes } from './succession-rules.ts';

/** All media playlists of a presentation as they were at about one instant. */
export interface Renditions {
  readonly playlists: readonly MediaPlaylist[];
  /** How far apart, ms, the fetches were, and what the network may take. */
  readonly toleranceMs: number;
}

/** One rendition report, and what was seen of the rendition it speaks of. */
export interface ReportSubject {
  readonly report: Tag;
  readonly of: string;
  /** What that rendition had when the reporting playlist came to be; undefined when nobody looked. */
  readonly atLeast: Edge | undefined;
  /** What that rendition had when it was asked afterwards. */
  readonly atMost: Edge | undefined;
}

/** Listed by RENDITION-REPORT of one playlist, against the other playlists there are. */
export interface ReportsSubject {
  readonly playlist: MediaPlaylist;
  /** Paths of the other media playlists. */
  readonly others: readonly string[];
}

const SAME_MEDIA_OVERLAP = 0.5;

const isLive = (playlist: MediaPlaylist): boolean => !playlist.ended && playlist.segments.length > 0;
const nameOf = ({ url }: MediaPlaylist): string => new URL(url).pathname;

/** End on the wall clock, ms; undefined without PROGRAM-DATE-TIME. */
export function endEpochMsOf(playlist: MediaPlaylist): number | undefined {
  const { open } = playlist;
  if (open?.startEpochMs !== undefined) return open.startEpochMs + openDurationSec(playlist) * 1000;
  const last = playlist.segments.at(-1);
  return last?.startEpochMs === undefined ? undefined : last.startEpochMs + last.durationSec * 1000;
}

const sameControl: Rule<Renditions> = {
  id: '24-control-equal',
  section: '6.2.4',
  level: 'MUST',
  sentence: 'All media playlists have the same SERVER-CONTROL.',
  check: ({ playlists }) => {
    const [first, ...others] = playlists;
    if (first === undefined || others.length === 0) return undefined;
    return others
      .filter((other) => !sameAttributes(first.serverControl, other.serverControl))
      .map((other) =>
        fault(`as in ${nameOf(first)}`, nameOf(other), first.serverControl?.line, other.serverControl?.line),
      );
  },
};

const sameTarget: Rule<Renditions> = {
  id: '42-target-equal',
  section: '6.2.4',
  level: 'MUST',
  sentence: 'All media playlists have the same TARGETDURATION.',
  check: ({ playlists }) => {
    const [first, ...others] = playlists.filter(({ ended }) => !ended);
    if (first === undefined || others.length === 0) return undefined;
    return others
      .filter(({ targetDurationSec }) => targetDurationSec !== first.targetDurationSec)
      .map((other) =>
        fault(`${first.targetDurationSec} as in ${nameOf(first)}`, `${other.targetDurationSec} in ${nameOf(other)}`),
      );
  },
};

/** How far the ends on the wall clock lie behind the foremost one, ms. */
function lags(playlists: readonly MediaPlaylist[]): Array<{ playlist: MediaPlaylist; lagMs: number }> {
  const ends = playlists
    .filter(isLive)
    .map((playlist) => ({ playlist, endMs: endEpochMsOf(playlist) }))
    .filter((end): end is { playlist: MediaPlaylist; endMs: number } => end.endMs !== undefined);
  const foremostMs = Math.max(...ends.map(({ endMs }) => endMs));
  return ends.map(({ playlist, endMs }) => ({ playlist, lagMs: foremostMs - endMs }));
}

const inStep: Rule<Renditions> = {
  id: '32-in-step',
  section: 'B.1',
  level: 'client',
  sentence: 'All renditions reach to within one PART-TARGET of each other.',
  check: ({ playlists, toleranceMs }) => {
    const withParts = playlists.filter(({ partTargetSec }) => partTargetSec !== undefined);
    if (lags(withParts).length < 2) return undefined;
    const limitMs = 1000 * Math.max(...withParts.map(({ partTargetSec }) => partTargetSec ?? 0)) + toleranceMs;
    return lags(withParts)
      .filter(({ lagMs }) => lagMs > limitMs)
      .map(({ playlist, lagMs }) =>
        fault(
          `within ${limitMs} ms of the foremost`,
          `${nameOf(playlist)} is ${Math.round(lagMs)} ms behind`,
          ...(headsOf(playlist).at(-1)?.lines ?? []),
        ),
      );
  },
};

const surplus: Rule<Renditions> = {
  id: '42-surplus',
  section: '6.2.4',
  level: 'MUST',
  sentence: 'What one media playlist has more than another at its end lasts at most one target duration.',
  check: ({ playlists, toleranceMs }) => {
    const ends = lags(playlists);
    if (ends.length < 2) return undefined;
    const limitMs = 1000 * Math.max(...playlists.map(({ targetDurationSec }) => targetDurationSec ?? 0)) + toleranceMs;
    return ends
      .filter(({ lagMs }) => lagMs > limitMs)
      .map(({ playlist, lagMs }) =>
        fault(`at most ${limitMs} ms less`, `${nameOf(playlist)} lacks ${Math.round(lagMs)} ms`),
      );
  },
};

/** Pairs of segments of two playlists that are the same time of the presentation. */
function matching(a: MediaPlaylist, b: MediaPlaylist): Array<readonly [Segment, Segment]> {
  return a.segments.flatMap((left) => {
    const [right] = b.segments
      .filter(
        (candidate) =>
          overlapSec(left, candidate) > SAME_MEDIA_OVERLAP * Math.min(left.durationSec, candidate.durationSec),
      )
      .toSorted((one, other) => overlapSec(left, other) - overlapSec(left, one));
    return right === undefined ? [] : [[left, right] as const];
  });
}

function overlapSec(a: Segment, b: Segment): number {
  if (a.startEpochMs === undefined || b.startEpochMs === undefined) return 0;
  const endMs = Math.min(a.startEpochMs + a.durationSec * 1000, b.startEpochMs + b.durationSec * 1000);
  return (endMs - Math.max(a.startEpochMs, b.startEpochMs)) / 1000;
}

const sameDiscontinuities: Rule<Renditions> = {
  id: '42-discontinuities-equal',
  section: '6.2.4',
  level: 'MUST',
  sentence: 'Matching content has the same discontinuity sequence number in every media playlist.',
  check: ({ playlists }) => {
    const [first, ...others] = playlists.filter(isLive);
    if (first === undefined) return undefined;
    const pairs = others
      .map((other) => ({ other, pairs: matching(first, other) }))
      .filter((match) => match.pairs.length > 0);
    if (pairs.length === 0) return undefined;
    return pairs.flatMap(({ other, pairs: matches }) => {
      const wrong = matches.find(([left, right]) => left.discontinuitySequence !== right.discontinuitySequence);
      if (wrong === undefined) return [];
      const [left, right] = wrong;
      return [
        fault(
          `discontinuity ${left.discontinuitySequence} as in ${nameOf(first)}`,
          `${right.discontinuitySequence} in ${nameOf(other)}`,
          ...left.lines,
          ...right.lines,
        ),
      ];
    });
  },
};

const idsOf = (playlist: MediaPlaylist): Set<string> =>
  new Set(playlist.dateRanges.map(({ attributes }) => `${attributes.get('ID')} ${attributes.get('START-DATE')}`));

const sameDateRanges: Rule<Renditions> = {
  id: '42-date-ranges-equal',
  section: '6.2.4',
  level: 'MUST',
  sentence: 'All media playlists have the same date ranges.',
  check: ({ playlists }) => {
    const live = playlists.filter(isLive);
    const [first, ...others] = live;
    if (first === undefined || others.length === 0 || live.every(({ dateRanges }) => dateRanges.length === 0))
      return undefined;
    const settled = settledIds(live);
    return others
      .flatMap((other) =>
        [...settled].filter((id) => !idsOf(other).has(id) || !idsOf(first).has(id)).map((id) => ({ other, id })),
      )
      .slice(0, 1)
      .map(({ other, id }) => fault(`date range ${id} in ${nameOf(first)} and ${nameOf(other)}`, 'in one of them'));
  },
};

/** Ranges that lie well inside every playlist: at the ends the fetches differ by what came between them. */
function settledIds(playlists: readonly MediaPlaylist[]): Set<string> {
  const fromMs = Math.max(...playlists.map((playlist) => headsOf(playlist)[0]?.startEpochMs ?? -Infinity));
  const toMs = Math.min(...playlists.map((playlist) => playlist.segments.at(-1)?.startEpochMs ?? Infinity));
  const inside = playlists.flatMap(({ dateRanges }) =>
    dateRanges.filter(({ attributes }) => {
      const startMs = Date.parse(attributes.get('START-DATE') ?? '');
      return startMs > fromMs && startMs < toMs;
    }),
  );
  return new Set(inside.map(({ attributes }) => `${attributes.get('ID')} ${attributes.get('START-DATE')}`));
}

/** What all media playlists of a presentation must agree on. */
export const renditionRules: ReadonlyArray<Rule<Renditions>> = [
  sameControl,
  sameTarget,
  inStep,
  surplus,
  sameDiscontinuities,
  sameDateRanges,
];

const oneReportEach: Rule<ReportsSubject> = {
  id: '41-report-for-each',
  section: 'B.1',
  level: 'client',
  sentence: 'A low-latency playlist, and its delta update, reports each other rendition once, by a relative URI.',
  check: ({ playlist, others }) => {
    if (playlist.partTargetSec === undefined || playlist.ended || others.length === 0) return undefined;
    const uris = playlist.reports.map(({ attributes }) => attributes.get('URI') ?? '');
    const named = uris.map((uri) => new URL(uri, playlist.url).pathname);
    const absent = others.filter((path) => !named.includes(path));
    const faults: Fault[] = absent.map((path) =>
      fault(`a report of ${path}`, 'none', ...playlist.reports.map(({ line }) => line)),
    );
    if (new Set(named).size < named.length) {
      faults.push(fault('one report of each', 'two of one', ...playlist.reports.map(({ line }) => line)));
    }
    const absolute = uris.find((uri) => /^[a-z][a-z0-9+.-]*:/i.test(uri));
    if (absolute !== undefined) faults.push(fault('a relative URI', absolute));
    return faults;
  },
};

/** What the reports of one playlist must be as a whole. */
export const reportsRules: ReadonlyArray<Rule<ReportsSubject>> = [oneReportEach];

/** The edge a report states: LAST-PART is of the segment LAST-MSN. */
function reportedEdge({ attributes }: Tag): Edge | undefined {
  const number = numberOf(attributes, 'LAST-MSN');
  const part = numberOf(attributes, 'LAST-PART');
  if (number === undefined) return undefined;
  return part === undefined
    ? { mediaSequence: number, openParts: 0 }
    : { mediaSequence: number - 1, openParts: part + 1 };
}

const reportFresh: Rule<ReportSubject> = {
  id: '41-report-fresh',
  section: '4.4.5.4',
  level: 'MUST',
  sentence: 'A rendition report is as fresh as the playlist it stands in.',
  check: ({ report, of, atLeast }) => {
    const edge = reportedEdge(report);
    if (edge === undefined) return [fault('LAST-MSN', 'none', report.line)];
    if (atLeast === undefined) return undefined;
    return unless(compareEdges(edge, atLeast) >= 0 || isLastPartOf(edge, atLeast), () =>
      fault(`${describeEdge(atLeast)} of ${of} or later`, describeEdge(edge), report.line),
    );
  },
};

/** A closed segment may be reported by its last part. */
const isLastPartOf = (edge: Edge, seen: Edge): boolean =>
  seen.openParts === 0 && edge.openParts > 0 && edge.mediaSequence + 1 === seen.mediaSequence;

const reportTrue: Rule<ReportSubject> = {
  id: '41-report-true',
  section: '4.4.5.4',
  level: 'MUST',
  sentence: 'A rendition has what is reported of it.',
  check: ({ report, of, atMost }) => {
    const edge = reportedEdge(report);
    if (edge === undefined || atMost === undefined) return undefined;
    return unless(compareEdges(edge, atMost) <= 0, () =>
      fault(`at most ${describeEdge(atMost)}, all that ${of} had afterwards`, describeEdge(edge), report.line),
    );
  },
};

/** What one rendition report must say. */
export const reportRules: ReadonlyArray<Rule<ReportSubject>> = [reportFresh, reportTrue];
