import { ConsoleLogger, Inject, Injectable } from '@nestjs/common';
import {
  chunkSubject,
  EVENTS_STREAM,
  initSubject,
  InputEvent,
  inputEventSubject,
  JOURNAL_STREAM,
  MEDIA_STREAM,
  SegmentClosed,
  segmentClosedSubject,
} from '#shared/contracts';
import { Bus } from '#shared/messaging';
import { noteEvent, noteSegment } from '../domain/media-notes.ts';
import { NO_MEDIA, type InputMedia } from '../domain/input-media.ts';
import { Chance, MediaFacts } from '../ports.ts';
import { StreamFollower } from './stream-follower.ts';

const FORGET_AFTER_MS = 900_000;
const WATCHED_FACTS = ['publisher_connected', 'publisher_disconnected', 'publisher_rejected'];

/** Media facts of every input that was lately alive, from JOURNAL and the input events on EVENTS. */
@Injectable()
export class NatsMediaFacts extends MediaFacts {
  readonly #inputs = new Map<string, { media: InputMedia; notedAtMs: number }>();
  readonly #followers: StreamFollower[];

  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Chance) private readonly chance: Chance,
    @Inject(ConsoleLogger) logger: ConsoleLogger,
  ) {
    super();
    const onBadMessage = (subject: string, error: unknown): void =>
      logger.warn('media.fact_unreadable', { subject, reason: String(error) });
    this.#followers = [
      new StreamFollower(bus, {
        stream: JOURNAL_STREAM,
        subjects: [segmentClosedSubject.pattern()],
        onMessage: (message) => this.#noteSegment(SegmentClosed.parse(message.json())),
        onBadMessage,
      }),
      new StreamFollower(bus, {
        stream: EVENTS_STREAM,
        subjects: WATCHED_FACTS.map((fact) => inputEventSubject.pattern({ fact })),
        onMessage: (message) => this.#noteEvent(InputEvent.parse(message.json())),
        onBadMessage,
      }),
    ];
  }

  /** Resolves once the newest fact of every input is in memory. */
  async start(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.stop()));
  }

  override of(inputId: string): InputMedia {
    return this.#inputs.get(inputId)?.media ?? NO_MEDIA;
  }

  override async probe(inputId: string): Promise<InputMedia> {
    const [segment, chunk, inits] = await Promise.all([
      this.#newest(JOURNAL_STREAM, segmentClosedSubject.pattern({ inputId })),
      this.#newest(MEDIA_STREAM, chunkSubject.pattern({ inputId })),
      this.bus.manager.streams.info(MEDIA_STREAM, { subjects_filter: initSubject.pattern({ inputId }) }),
    ]);
    if (segment !== undefined) this.#noteSegment(SegmentClosed.parse(segment.json()));
    const announcedTrackIds = Object.keys(inits.state.subjects ?? {}).map((subject) =>
      Number(initSubject.parse(subject)?.trackId),
    );
    const lastChunk = chunk === undefined ? {} : { lastChunkAtMs: chunk.time.getTime() };
    const media = { ...this.of(inputId), ...lastChunk };
    this.#keep(inputId, media);
    // Announced tracks are not kept: they are only as fresh as this look.
    return { ...media, announcedTrackIds };
  }

  override prune(nowMs: number): void {
    for (const [inputId, { notedAtMs }] of this.#inputs) {
      if (nowMs - notedAtMs > FORGET_AFTER_MS) this.#inputs.delete(inputId);
    }
  }

  #noteSegment(segment: SegmentClosed): void {
    if (this.chance.nowMs() - segment.closedAtMs > FORGET_AFTER_MS) return;
    this.#keep(segment.inputId, noteSegment(this.of(segment.inputId), segment));
  }

  #noteEvent(event: InputEvent): void {
    if (this.chance.nowMs() - event.atMs > FORGET_AFTER_MS) return;
    this.#keep(event.inputId, noteEvent(this.of(event.inputId), event));
  }

  #keep(inputId: string, media: InputMedia): void {
    this.#inputs.set(inputId, { media, notedAtMs: this.chance.nowMs() });
  }

  async #newest(stream: string, subject: string) {
    return (await this.bus.manager.streams.getMessage(stream, { last_by_subj: subject })) ?? undefined;
  }
}
