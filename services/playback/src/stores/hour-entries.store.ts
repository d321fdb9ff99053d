import type { CoverageReply } from '#shared/contracts';
import { decodeHourBlob, hourOf, TimelineError, type SegmentEntry } from '#timeline';
import { ArchiveUnavailableError } from '../domain/errors.ts';
import type { Clock, TimelineArchive } from '../ports.ts';
import { SingleFlight } from './single-flight.ts';
import { SizedCache } from './sized-cache.ts';

interface KeptHour {
  readonly tag: string;
  readonly entries: readonly SegmentEntry[];
  readonly checkedAtMs: number;
}

interface KeptCoverage {
  readonly coverage: CoverageReply;
  readonly checkedAtMs: number;
}

/** Some 60 MB of entries. */
const MAX_ENTRIES = 200_000;
const MAX_COVERAGES = 2000;
const FRESH_MS = 1000;
/** An hour that is over changes only by a late flush or by retention. */
const FRESH_PAST_HOUR_MS = 60_000;

/** Hours of the archive's index, decoded and bounded in number; an hour that is over is asked for again only by its tag. */
export class HourEntries {
  readonly #hours = new SizedCache<KeptHour>(MAX_ENTRIES);
  readonly #coverages = new SizedCache<KeptCoverage>(MAX_COVERAGES);
  readonly #hourFlights = new SingleFlight<readonly SegmentEntry[]>();
  readonly #coverageFlights = new SingleFlight<CoverageReply>();

  constructor(
    private readonly archive: TimelineArchive,
    private readonly clock: Clock,
  ) {}

  /** The entries of one hour since 1970; empty when nothing is archived. Throws ArchiveUnavailableError. */
  async entriesOf(inputId: string, hour: number): Promise<readonly SegmentEntry[]> {
    const key = `${inputId}.${hour}`;
    const kept = this.#hours.get(key);
    const freshMs = hour < hourOf(this.clock.nowMs()) - 1 ? FRESH_PAST_HOUR_MS : FRESH_MS;
    if (kept !== undefined && this.clock.nowMs() - kept.checkedAtMs < freshMs) return kept.entries;
    return this.#hourFlights.run(key, () => this.#fetch(inputId, hour, kept));
  }

  /** Which hours there are, and from when on; at most a second old. */
  async coverageOf(inputId: string): Promise<CoverageReply> {
    const kept = this.#coverages.get(inputId);
    if (kept !== undefined && this.clock.nowMs() - kept.checkedAtMs < FRESH_MS) return kept.coverage;
    return this.#coverageFlights.run(inputId, async () => {
      const coverage = await this.archive.coverage(inputId);
      this.#coverages.set(inputId, { coverage, checkedAtMs: this.clock.nowMs() }, 1);
      return coverage;
    });
  }

  async #fetch(inputId: string, hour: number, kept: KeptHour | undefined): Promise<readonly SegmentEntry[]> {
    const reply = await this.archive.hourBlob({
      inputId,
      hour,
      ...(kept === undefined ? {} : { knownTag: kept.tag }),
    });
    const checkedAtMs = this.clock.nowMs();
    const next = keptHour(reply.kind === 'blob' ? reply : undefined, checkedAtMs);
    const hourNow = reply.kind === 'unchanged' && kept !== undefined ? { ...kept, checkedAtMs } : next;
    this.#hours.set(`${inputId}.${hour}`, hourNow, hourNow.entries.length + 1);
    return hourNow.entries;
  }
}

function keptHour(blob: { tag: string; base64: string } | undefined, checkedAtMs: number): KeptHour {
  if (blob === undefined) return { tag: '', entries: [], checkedAtMs };
  try {
    return { tag: blob.tag, entries: decodeHourBlob(Buffer.from(blob.base64, 'base64')), checkedAtMs };
  } catch (cause) {
    if (!(cause instanceof TimelineError)) throw cause;
    throw new ArchiveUnavailableError(`hour blob: ${cause.message}`, { cause });
  }
}
