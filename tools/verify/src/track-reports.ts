import { TrackReport, type SegmentReport } from '#provenance';
import type { SegmentAddress } from './segment-url.ts';
import { UnexpectedAnswerError, type WebClient } from './web-client.ts';

/** What the origin reports of one track: its window at once, what is older one by one. */
export class TrackReports {
  #inputId: string | undefined;
  #chainStartsAt: TrackReport['chainStartsAt'];
  #window: Map<number, SegmentReport> | undefined;

  constructor(private readonly web: WebClient) {}

  /** The id that the links are signed for; undefined before the first report. */
  get inputId(): string | undefined {
    return this.#inputId;
  }

  get chainStartsAt(): TrackReport['chainStartsAt'] {
    return this.#chainStartsAt;
  }

  /** Undefined when the origin reports no such segment. */
  async of(address: SegmentAddress): Promise<SegmentReport | undefined> {
    this.#window ??= await this.#readWindow(address);
    const known = this.#window.get(address.mediaSequence);
    if (known !== undefined) return known;
    const single = await this.#read(address.segmentReportUrl, address);
    return single?.segments.find((segment) => segment.mediaSequence === address.mediaSequence);
  }

  async #readWindow(address: SegmentAddress): Promise<Map<number, SegmentReport>> {
    const report = await this.#read(address.trackReportUrl, address);
    this.#chainStartsAt = report?.chainStartsAt;
    return new Map(report?.segments.map((segment) => [segment.mediaSequence, segment]));
  }

  /** A report of another input or track is none of this one. */
  async #read(url: string, { input, trackId }: SegmentAddress): Promise<TrackReport | undefined> {
    try {
      const report = await this.web.json(url, TrackReport);
      const isOfInput = (this.#inputId ?? report.inputId) === report.inputId;
      const isAsNamed = !input.startsWith('li_') || input === report.inputId;
      if (!isOfInput || !isAsNamed || report.trackId !== trackId) return undefined;
      this.#inputId = report.inputId;
      return report;
    } catch (error) {
      if (error instanceof UnexpectedAnswerError && error.status === 404) return undefined;
      throw error;
    }
  }
}
