import { parseTimelineQuery, timelineAnswer, timelineFailure, type SegmentEntry, type TimelineAnswer } from '#timeline';
import type { LiveInputRow } from '#shared/contracts';
import type { Answer, PlaybackRequest } from '../domain/answer.ts';
import { byTrack } from '../domain/shifted-playlist.ts';
import type { Clock, InputDirectory } from '../ports.ts';
import type { InitBytes } from '../stores/init-bytes.store.ts';
import type { RecordedTimeline } from './recorded-timeline.ts';

/** Answers of /openapi/timeline/query (contract: time-shift.md D-30 to D-35): status 200, and retCode says how it went. */
export class TimelineAnswers {
  constructor(
    private readonly options: {
      inputs: InputDirectory;
      timeline: RecordedTimeline;
      inits: InitBytes;
      clock: Clock;
    },
  ) {}

  async query(request: PlaybackRequest): Promise<Answer> {
    const nowMs = this.options.clock.nowMs();
    const parsed = parseTimelineQuery(new URLSearchParams(request.query));
    if (!parsed.valid) return json(timelineFailure(parsed.retCode, parsed.description, nowMs));
    const { query } = parsed;
    const row = this.options.inputs.byRef(query);
    if (row === undefined || !row.available) {
      return json(timelineFailure(1004, `no stream ${query.app}/${query.stream}`, nowMs));
    }
    const entries = await this.options.timeline.mediaBetween(row, query.startSec * 1000, query.endSec * 1000);
    return json(timelineAnswer(await this.#leadingTrack(row, entries), { ...query, nowMs }));
  }

  /** The periods are those of the first video track, or of the first track there is. */
  async #leadingTrack(row: LiveInputRow, entries: readonly SegmentEntry[]): Promise<readonly SegmentEntry[]> {
    const tracks = [...byTrack(entries).values()];
    for (const track of tracks) {
      const facts = await this.options.inits.factsOf(row.id, track[0]?.initSha256 ?? '');
      if (facts?.kind === 'video') return track;
    }
    return tracks[0] ?? [];
  }
}

function json(answer: TimelineAnswer): Answer {
  const body = Buffer.from(JSON.stringify(answer));
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'content-length': String(body.length),
    },
    body,
  };
}
