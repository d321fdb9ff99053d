import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '#shared/observability';

const ACK_BUCKETS_SEC = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of the ingest service. */
@Injectable()
export class IngestMetrics {
  readonly bytes;
  readonly chunks;
  readonly activePublishers;
  readonly publishAckSeconds;
  readonly rejections;

  constructor(@Inject(Metrics) metrics: Metrics) {
    this.bytes = metrics.counter('ingest_bytes_total', 'Bytes of chunks that the bus acknowledged');
    this.chunks = metrics.counter('ingest_chunks_total', 'Chunks by what became of them', ['outcome']);
    this.activePublishers = metrics.gauge('ingest_active_publishers', 'Open publisher sessions');
    this.publishAckSeconds = metrics.histogram(
      'ingest_publish_ack_seconds',
      'From publishing a chunk to its acknowledgement by the bus',
      ACK_BUCKETS_SEC,
    );
    this.rejections = metrics.counter('ingest_rejections_total', 'Refused uploads by code', ['code']);
  }
}
