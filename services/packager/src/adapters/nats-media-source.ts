import type { JsMsg } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import {
  ChunkHeaders,
  chunkSubject,
  endSubject,
  InitHeaders,
  initSubject,
  MEDIA_STREAM,
  mediaOfPartition,
} from '#shared/contracts';
import { headersFrom, readStream, type Bus } from '#shared/messaging';
import type { MediaMessage, MediaReader, MediaSource, TrackRef } from '../ports.ts';

// Each partition has a read of its own, so this is multiplied by the partitions held.
const READ_BYTES = 8_388_608;

/** MEDIA in JetStream. */
export class NatsMediaSource implements MediaSource {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  async read(partition: number, fromSequence: number): Promise<MediaReader> {
    const reader = await readStream(this.#bus, MEDIA_STREAM, {
      subjects: [mediaOfPartition(partition)],
      from: { sequence: fromSequence },
      maxBytes: READ_BYTES,
    });
    return { messages: decoded(reader.messages), stop: () => reader.stop() };
  }

  async bytesOf(streamSequence: number): Promise<Uint8Array | undefined> {
    const message = await this.#bus.manager.direct.getMessage(MEDIA_STREAM, { seq: streamSequence });
    return message?.data;
  }

  async nameOf(track: TrackRef): Promise<string> {
    const subject = initSubject.format({
      partition: track.partition,
      inputId: track.inputId,
      trackId: track.trackId,
    });
    const message = await this.#bus.manager.direct.getMessage(MEDIA_STREAM, { last_by_subj: subject });
    return message === null ? '' : headersFrom(InitHeaders, message.header)['Hw-Name'];
  }
}

async function* decoded(messages: AsyncIterable<JsMsg>) {
  for await (const message of messages) yield { message: decode(message), pendingMessages: message.info.pending };
}

/** A message that cannot be read is named and passed over: the media after it must go on. */
function decode(message: JsMsg): MediaMessage {
  const streamSequence = message.seq;
  try {
    for (const decoder of decoders) {
      const params = decoder.subject.parse(message.subject);
      if (params === undefined) continue;
      const { inputId } = params;
      const place = { partition: Number(params.partition), inputId, trackId: Number(params.trackId), streamSequence };
      return decoder.decode(place, message);
    }
    throw new Error('expected a chunk, init or end subject');
  } catch (error) {
    return { kind: 'malformed', streamSequence, subject: message.subject, reason: String(error) };
  }
}

/** A message that no journal record could hold must not reach the segmenter: it would fail again at every resumption. */
function refuseUncountable(facts: ChunkHeaders, data: Uint8Array): void {
  if (data.length === 0) throw new RangeError('chunk: expected bytes, got none');
  if (facts['Hw-Timescale'] < 1)
    throw new RangeError(`Hw-Timescale: expected at least 1, got ${facts['Hw-Timescale']}`);
  if (facts['Hw-Duration'] < 1n) throw new RangeError(`Hw-Duration: expected at least 1, got ${facts['Hw-Duration']}`);
}

type Place = TrackRef & { readonly streamSequence: number };
type Content = { readonly headers?: MsgHdrs | undefined; readonly data: Uint8Array };

const decoders = [
  {
    subject: chunkSubject,
    decode(place: Place, { headers, data }: Content): MediaMessage {
      const facts = headersFrom(ChunkHeaders, headers);
      refuseUncountable(facts, data);
      return {
        ...place,
        kind: 'chunk',
        chunk: {
          trackId: place.trackId,
          streamSequence: place.streamSequence,
          epoch: facts['Hw-Epoch'],
          anchorEpochMs: facts['Hw-Anchor-Ms'],
          decodeTimeTicks: facts['Hw-Decode-Time'],
          durationTicks: facts['Hw-Duration'],
          timescale: facts['Hw-Timescale'],
          independent: facts['Hw-Independent'],
          sha256: facts['Hw-Sha256'],
          initSha256: facts['Hw-Init-Sha256'],
          bytes: data,
        },
      };
    },
  },
  {
    subject: initSubject,
    decode(place: Place, { headers }: Content): MediaMessage {
      const facts = headersFrom(InitHeaders, headers);
      return {
        ...place,
        kind: 'init',
        epoch: facts['Hw-Epoch'],
        initSha256: facts['Hw-Sha256'],
        name: facts['Hw-Name'],
      };
    },
  },
  { subject: endSubject, decode: (place: Place): MediaMessage => ({ ...place, kind: 'end' }) },
] as const;
