import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WindowPart } from '#shared/contracts';
import type { LiveWindowReader } from '#shared/live-window';
import { WindowUnavailableError } from '../domain/errors.ts';
import type { ChunkBytes, Clock } from '../ports.ts';

/** Some parts of one segment. */
export interface PartsOfSegment {
  readonly inputId: string;
  readonly trackId: number;
  readonly mediaSequence: number;
  readonly parts: readonly WindowPart[];
}

/** A viewer must not pay for a Redis that does not answer; the bus has the same bytes. */
const PATIENCE_MS = 250;
/** How long a Redis that failed is left alone. */
const REST_MS = 2000;

/**
 * The bytes of listed parts from the hot window, and from the bus where the hot window lacks them or is away.
 * The packager lists a part from the moment that the bus has it, also while it cannot reach Redis itself.
 */
export class HotParts {
  #restUntilMs = -Infinity;

  constructor(private readonly options: { reader: LiveWindowReader; chunks: ChunkBytes; clock: Clock }) {}

  /** In the order asked for; undefined for what neither has, unless that cannot be known: then it throws WindowUnavailableError. */
  async read(asked: PartsOfSegment): Promise<Array<Buffer | undefined>> {
    const hot = await this.#fromWindow(asked);
    return Promise.all(
      asked.parts.map(async (part, index) => hot?.[index] ?? this.#fromBus(part, { isWindowAway: hot === undefined })),
    );
  }

  /** Undefined when Redis is away. */
  async #fromWindow({ inputId, trackId, mediaSequence, parts }: PartsOfSegment) {
    const { reader, clock } = this.options;
    if (clock.nowMs() < this.#restUntilMs) return undefined;
    const partIndexes = parts.map(({ partIndex }) => partIndex);
    const reading = reader.readParts(inputId, trackId, { mediaSequence, partIndexes }).catch(() => undefined);
    const answered = new AbortController();
    const late = sleep(PATIENCE_MS, undefined, { signal: answered.signal }).catch(() => undefined);
    const found = await Promise.race([reading, late]);
    answered.abort();
    if (found === undefined) this.#restUntilMs = clock.nowMs() + REST_MS;
    return found;
  }

  async #fromBus(
    { chunks, sha256 }: WindowPart,
    { isWindowAway }: { isWindowAway: boolean },
  ): Promise<Buffer | undefined> {
    try {
      const found = await Promise.all(chunks.map(({ streamSequence }) => this.options.chunks.get(streamSequence)));
      const present = found.filter((bytes) => bytes !== undefined);
      const bytes = Buffer.concat(present);
      // A stream that was made anew counts from 1 again.
      return present.length === chunks.length && sha256Of(bytes) === sha256 ? bytes : undefined;
    } catch (cause) {
      if (!isWindowAway) return undefined;
      throw new WindowUnavailableError('the media cannot be read now; try again', { cause });
    }
  }
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
