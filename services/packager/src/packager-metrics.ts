import type { Metrics } from '#shared/observability';

/** What the packager counts. */
export class PackagerMetrics {
  readonly partitionsHeld;
  readonly segmentsClosed;
  readonly windowWriteSeconds;
  readonly lagMessages;
  readonly rebuilds;
  readonly messagesDropped;

  constructor(metrics: Metrics) {
    this.partitionsHeld = metrics.gauge('packager_partitions_held', 'Partitions this process holds now');
    this.segmentsClosed = metrics.counter('packager_segments_closed_total', 'Segments written to the journal', [
      'closed_by',
    ]);
    this.windowWriteSeconds = metrics.histogram(
      'packager_window_write_seconds',
      'Time of one write to the live window',
      [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 3],
    );
    this.lagMessages = metrics.gauge('packager_lag_messages', 'Media messages that wait to be packaged', ['partition']);
    this.rebuilds = metrics.counter('packager_rebuilds_total', 'Windows written whole', ['reason']);
    this.messagesDropped = metrics.counter('packager_messages_dropped_total', 'Media messages that could not be used', [
      'reason',
    ]);
  }
}
