import { createHash } from 'node:crypto';
import { hasContentCredentials } from '#cmaf';
import { REPORT_FORMAT, type KeysReport, type SegmentReport, type TrackReport } from '#provenance';
import type { LiveInputRow, TrackWindow, WindowSegment } from '#shared/contracts';
import { answerWith, growingCacheControl, IMMUTABLE, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { ProvenanceNotKeptError, SegmentNotFoundError, TrackNotFoundError } from '../domain/errors.ts';
import { segmentOf } from '../domain/presentation.ts';
import {
  chainStartOf,
  journalRecordReport,
  segmentBefore,
  windowSegmentReport,
  type KnownBeside,
} from '../domain/provenance-report.ts';
import type { OriginKeys, SegmentJournal } from '../ports.ts';
import type { InitBytes } from '../stores/init-bytes.store.ts';
import { SingleFlight } from '../stores/single-flight.ts';
import { SizedCache } from '../stores/sized-cache.ts';
import type { WindowMirror } from '../stores/window-mirror.store.ts';
import type { LivePresence } from './live-presence.ts';

/** A track of an input. */
interface TrackRoute {
  readonly trackId: number;
}

const CONTENT_TYPE = 'application/json; charset=utf-8';
/** A new key must be found soon after the first signature with it. */
const KEYS_CACHE_CONTROL = 'public, max-age=10';
const LIMIT_BYTES = 16_777_216;

/** Answers of /provenance/…: what the hash chain says of each segment, and the keys it is signed with (docs/provenance.md). */
export class ProvenanceAnswers {
  /** Track reports by input and track, with the revision that they are of. */
  readonly #reports = new SizedCache<{ readonly revision: string; readonly body: Buffer }>(LIMIT_BYTES);
  readonly #renders = new SingleFlight<Buffer>();

  constructor(
    private readonly options: {
      presence: LivePresence;
      mirror: WindowMirror;
      inits: InitBytes;
      journal: SegmentJournal;
      keys: OriginKeys;
    },
  ) {}

  /** The public keys of this origin. */
  async keys(request: PlaybackRequest): Promise<Answer> {
    const report: KeysReport = { format: REPORT_FORMAT, keys: await this.options.keys.all() };
    return jsonAnswer(bodyOf(report), KEYS_CACHE_CONTROL, request);
  }

  /** Every closed segment of the window; throws TrackNotFoundError, StreamNotLiveError, StreamUnavailableError. */
  async track({ trackId }: TrackRoute, row: LiveInputRow, request: PlaybackRequest): Promise<Answer> {
    const windows = await this.options.presence.windowed(row);
    const window = windows.find((candidate) => candidate.track.trackId === trackId);
    if (window === undefined) throw new TrackNotFoundError(`track ${trackId}: not in the window of this stream`);
    const key = `${row.id}/${trackId}`;
    const chainStartsAt = chainStartOf(window, windows);
    const revision = `${window.fence}:${window.segments.at(-1)?.mediaSequence}:${chainStartsAt}`;
    const kept = this.#reports.get(key);
    const render = async (): Promise<Buffer> => {
      const body = await this.#renderTrack(row, window, chainStartsAt);
      this.#reports.set(key, { revision, body }, body.length);
      return body;
    };
    const body = kept?.revision === revision ? kept.body : await this.#renders.run(`${key}@${revision}`, render);
    return jsonAnswer(body, growingCacheControl(window.numbers.targetDurationSec), request);
  }

  /** One segment, also of those that left the window while the journal keeps them; throws ProvenanceNotKeptError, SegmentNotFoundError. */
  async segment(
    route: TrackRoute & { readonly mediaSequence: number },
    row: LiveInputRow,
    request: PlaybackRequest,
  ): Promise<Answer> {
    this.options.presence.refuseUnavailable(row);
    const report = (await this.#fromWindow(route, row)) ?? (await this.#fromJournal(route, row));
    // A report that lacks the value before may still get it when the journal answers again.
    const cacheControl = report.previousChain === null ? growingCacheControl(1) : IMMUTABLE;
    return jsonAnswer(bodyOf(trackReport(row, route.trackId, [report])), cacheControl, request);
  }

  async #renderTrack(row: LiveInputRow, window: TrackWindow, chainStartsAt: 'upload' | 'split'): Promise<Buffer> {
    const credentials = await this.#credentialsOf(row, new Set(window.segments.map((segment) => segment.initSha256)));
    const reports: SegmentReport[] = [];
    for (const segment of window.segments) {
      const initCredentials = credentials.get(segment.initSha256) ?? null;
      const previousChain = await this.#chainBefore(row, window, segment);
      const report = windowSegmentReport(segment, { initCredentials, previousChain });
      if (report !== undefined) reports.push(report);
    }
    return bodyOf({ ...trackReport(row, window.track.trackId, reports), chainStartsAt });
  }

  async #fromWindow(
    { trackId, mediaSequence }: TrackRoute & { readonly mediaSequence: number },
    row: LiveInputRow,
  ): Promise<SegmentReport | undefined> {
    const windows = await this.options.mirror.read(row.id).catch(() => []);
    const window = windows.find((candidate) => candidate.track.trackId === trackId);
    const segment = window === undefined ? undefined : segmentOf(window, mediaSequence);
    if (window === undefined || segment === undefined) return undefined;
    const previousChain = await this.#chainBefore(row, window, segment);
    return windowSegmentReport(segment, { ...(await this.#initOf(row, segment.initSha256)), previousChain });
  }

  async #fromJournal(
    { trackId, mediaSequence }: TrackRoute & { readonly mediaSequence: number },
    row: LiveInputRow,
  ): Promise<SegmentReport> {
    const found = await this.options.journal.find(row.id, trackId, mediaSequence);
    if (found === 'never') throw new SegmentNotFoundError(`segment ${mediaSequence} of track ${trackId}: never closed`);
    if (found === 'forgotten') {
      throw new ProvenanceNotKeptError(`segment ${mediaSequence}: neither in the window nor in the journal any more`);
    }
    const { record, before } = found;
    const init = await this.#initOf(row, record.initSha256);
    return journalRecordReport(record, { ...init, previousChain: before?.chain });
  }

  /** Of the oldest segment of a window only the journal knows it. */
  async #chainBefore(
    row: LiveInputRow,
    window: TrackWindow,
    { mediaSequence }: WindowSegment,
  ): Promise<string | undefined> {
    if (mediaSequence === 0) return undefined;
    const before = segmentBefore(window, mediaSequence);
    if (before !== undefined) return before.chain;
    const found = await this.options.journal.find(row.id, window.track.trackId, mediaSequence - 1).catch(() => 'never');
    return typeof found === 'string' ? undefined : found.record.chain;
  }

  async #initOf(row: LiveInputRow, initSha256: string): Promise<Pick<KnownBeside, 'initCredentials'>> {
    const credentials = await this.#credentialsOf(row, new Set([initSha256]));
    return { initCredentials: credentials.get(initSha256) ?? null };
  }

  async #credentialsOf(row: LiveInputRow, initHashes: ReadonlySet<string>): Promise<Map<string, boolean | null>> {
    const read = async (initSha256: string): Promise<[string, boolean | null]> => {
      const bytes = await this.options.inits.get(row.id, initSha256).catch(() => undefined);
      return [initSha256, bytes === undefined ? null : hasContentCredentials(bytes)];
    };
    return new Map(await Promise.all(Array.from(initHashes, read)));
  }
}

const trackReport = (row: LiveInputRow, trackId: number, segments: SegmentReport[]): TrackReport => ({
  format: REPORT_FORMAT,
  inputId: row.id,
  trackId,
  segments,
});

const bodyOf = (report: KeysReport | TrackReport): Buffer => Buffer.from(JSON.stringify(report));

function jsonAnswer(body: Buffer, cacheControl: string, request: PlaybackRequest): Answer {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return answerWith({ contentType: CONTENT_TYPE, cacheControl, etag, body, acceptsRanges: false }, request);
}
