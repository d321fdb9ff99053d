import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { backendsFromEnvironment } from '#shared/testing';
import { JOURNAL_STREAM, SegmentClosed, segmentClosedSubject } from '#shared/contracts';

/** Every segment that was journalled for an input, by track, in the order of the stream. */
export async function journalOf(
  inputId: string,
  natsUrl = backendsFromEnvironment().NATS_URL,
): Promise<Map<number, SegmentClosed[]>> {
  const connection = await connect({ servers: natsUrl });
  try {
    const manager = await jetstreamManager(connection);
    const byTrack = new Map<number, SegmentClosed[]>();
    const filter = segmentClosedSubject.pattern({ inputId });
    let next = 1;
    for (;;) {
      const message = await manager.direct
        .getMessage(JOURNAL_STREAM, { seq: next, next_by_subj: filter })
        .catch(() => null);
      if (message === null) return byTrack;
      const record = SegmentClosed.parse(message.json());
      byTrack.set(record.trackId, [...(byTrack.get(record.trackId) ?? []), record]);
      next = message.seq + 1;
    }
  } finally {
    await connection.close();
  }
}
