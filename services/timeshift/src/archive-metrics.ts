import type { Metrics } from '#shared/observability';

const PUT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The figures of timeshift. */
export class ArchiveMetrics {
  readonly segments;
  readonly lostSegments;
  readonly objects;
  readonly putSeconds;
  readonly removedObjects;
  readonly lagSeconds;

  constructor(metrics: Metrics) {
    this.segments = metrics.counter('timeshift_archived_segments_total', 'Segments that are durable in the archive');
    this.lostSegments = metrics.counter('timeshift_lost_segments_total', 'Segments that the bus dropped too early');
    this.objects = metrics.counter('timeshift_objects_total', 'Archive objects written');
    this.putSeconds = metrics.histogram('timeshift_put_seconds', 'Time to store one archive object', PUT_SECONDS);
    this.removedObjects = metrics.counter(
      'timeshift_removed_objects_total',
      'Objects removed by retention or as orphans',
    );
    this.lagSeconds = metrics.gauge(
      'timeshift_archive_lag_seconds',
      'Age of the oldest closed segment of a partition that is not archived',
      ['partition'],
    );
  }
}
