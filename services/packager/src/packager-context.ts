import type { SigningKey } from '#provenance';
import type { LiveWindowReader, LiveWindowWriter } from '#shared/live-window';
import type { OriginLogger } from '#shared/observability';
import type { PackagerMetrics } from './packager-metrics.ts';
import type { Announcements, Journal, MediaSource, Presentations } from './ports.ts';

/** What every part of the packager works with; one for the process. */
export class PackagerContext {
  readonly journal: Journal;
  readonly media: MediaSource;
  readonly presentations: Presentations;
  readonly announcements: Announcements;
  readonly window: LiveWindowWriter & LiveWindowReader;
  readonly metrics: PackagerMetrics;
  readonly logger: OriginLogger;
  readonly windowKeepMs: number;
  /** Absent: nothing is signed. */
  readonly signingKey: SigningKey | undefined;

  constructor(parts: Omit<PackagerContext, 'nowMs'>) {
    this.journal = parts.journal;
    this.media = parts.media;
    this.presentations = parts.presentations;
    this.announcements = parts.announcements;
    this.window = parts.window;
    this.metrics = parts.metrics;
    this.logger = parts.logger;
    this.windowKeepMs = parts.windowKeepMs;
    this.signingKey = parts.signingKey;
  }

  /** Wall clock, ms. */
  nowMs(): number {
    return Date.now();
  }
}

/** The right to write a partition. */
export interface PartitionLease {
  readonly partition: number;
  readonly fence: number;
  /** Whether this process holds the lease at this moment, as far as it knows. */
  isHeld(): boolean;
}
