import type { Metrics } from '#shared/observability';
import type { PlaybackRequest } from '../domain/answer.ts';
import { readCmcd, type CmcdReport } from './cmcd-report.ts';
import type { CmcdSessions } from './cmcd-sessions.store.ts';

const MS_PER_SEC = 1000;
const BITS_PER_KILOBIT = 1000;
/** As label values only what CTA-5004 names: a player must not be able to grow the metrics. */
const OBJECT_TYPES: ReadonlySet<string> = new Set(['m', 'a', 'v', 'av', 'i', 'c', 'tt', 'k', 'o']);
const FORMATS: ReadonlySet<string> = new Set(['d', 'h', 's', 'o']);
const BITRATES_BPS = [2.5e5, 5e5, 1e6, 2e6, 4e6, 8e6, 1.6e7, 3.2e7, 6.4e7];
const SECONDS = [0.1, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 20, 30, 60];

/** Takes what requests carry of CMCD (CTA-5004) into metrics and sessions; whatever they carry, the answer is the same. */
export class CmcdLog {
  readonly #reports;
  readonly #malformed;
  readonly #stalls;
  readonly #startups;
  readonly #bufferLength;
  readonly #deadline;
  readonly #liveLatency;
  readonly #throughput;
  readonly #bitrate;

  constructor(
    metrics: Metrics,
    private readonly sessions: CmcdSessions,
  ) {
    const labels = ['object_type', 'streaming_format'] as const;
    this.#reports = metrics.counter('playback_cmcd_reports_total', 'Requests with CMCD [ot, sf]', labels);
    this.#malformed = metrics.counter('playback_cmcd_malformed_total', 'Requests with CMCD that cannot be read');
    this.#stalls = metrics.counter('playback_cmcd_buffer_starvation_total', 'Buffers that ran dry [bs]');
    this.#startups = metrics.counter('playback_cmcd_startup_total', 'Requests wanted at once [su]');
    const histogram = (name: string, help: string, buckets: number[]) =>
      metrics.histogram(`playback_cmcd_${name}`, help, buckets);
    this.#bufferLength = histogram('buffer_length_seconds', 'Media in the buffer of a player [bl]', SECONDS);
    this.#deadline = histogram('deadline_seconds', 'Until the buffer of a player runs dry [dl]', SECONDS);
    this.#liveLatency = histogram('live_latency_seconds', 'How far a player is behind the encoder [ltc]', SECONDS);
    this.#throughput = histogram(
      'measured_throughput_bps',
      'What players measure of the way to them [mtp]',
      BITRATES_BPS,
    );
    this.#bitrate = histogram('encoded_bitrate_bps', 'Bitrate of what is asked for [br]', BITRATES_BPS);
  }

  record(request: PlaybackRequest): void {
    const reading = readCmcd(request);
    if (reading.kind === 'none') return;
    if (reading.kind === 'malformed') {
      this.#malformed.inc();
      return;
    }
    this.#count(reading.report);
    this.sessions.record(reading.report);
  }

  #count(report: CmcdReport): void {
    const { objectType = '', streamingFormat = '' } = report;
    this.#reports.inc({
      object_type: OBJECT_TYPES.has(objectType) ? objectType : 'unknown',
      streaming_format: FORMATS.has(streamingFormat) ? streamingFormat : 'unknown',
    });
    if (report.bufferStarved) this.#stalls.inc();
    if (report.startup) this.#startups.inc();
    const scaled = [
      [this.#bufferLength, report.bufferLengthMs, 1 / MS_PER_SEC],
      [this.#deadline, report.deadlineMs, 1 / MS_PER_SEC],
      [this.#liveLatency, report.liveLatencyMs, 1 / MS_PER_SEC],
      [this.#throughput, report.measuredThroughputKbps, BITS_PER_KILOBIT],
      [this.#bitrate, report.encodedBitrateKbps, BITS_PER_KILOBIT],
    ] as const;
    for (const [histogram, value, unit] of scaled) if (value !== undefined) histogram.observe(value * unit);
  }
}
