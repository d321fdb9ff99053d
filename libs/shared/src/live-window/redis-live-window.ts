import { TrackWindow, type WindowSegment } from '../contracts/index.ts';
import { RedisScript, type RedisConnection } from '../redis/index.ts';
import type { AppendOutcome, LiveWindowReader, LiveWindowWriter, PartBytes, WindowHead } from './live-window.ts';
import { APPEND_PART_LUA } from './lua/append-part.lua.ts';
import { CLOSE_SEGMENT_LUA } from './lua/close-segment.lua.ts';
import { PUT_BYTES_LUA } from './lua/put-bytes.lua.ts';
import { REPLACE_LUA } from './lua/replace.lua.ts';
import { TAKE_FENCE_LUA } from './lua/take-fence.lua.ts';
import { WindowKeys } from './window-keys.ts';

/** No segment stays in a window for longer than this, archived or not (design decision 7). */
export const WINDOW_BOUND_MS = 600_000;

// The margin lets a reader that has just seen a segment listed still fetch it.
const LIFETIME_MS = WINDOW_BOUND_MS + 60_000;
// Longer than any window, so that a token outlives what it guards.
const FENCE_LIFETIME_MS = 86_400_000;

const scripts = {
  takeFence: new RedisScript(TAKE_FENCE_LUA),
  appendPart: new RedisScript(APPEND_PART_LUA),
  closeSegment: new RedisScript(CLOSE_SEGMENT_LUA),
  replace: new RedisScript(REPLACE_LUA),
  putBytes: new RedisScript(PUT_BYTES_LUA),
};

/** The live window in Redis. Everything expires by itself when nothing writes it any more; see `lua/` for what each write does. */
export class RedisLiveWindow implements LiveWindowWriter, LiveWindowReader {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async takeFence(inputId: string, fence: number): Promise<boolean> {
    const taken = await scripts.takeFence.run(this.#redis, [new WindowKeys(inputId).fence], [fence, FENCE_LIFETIME_MS]);
    return taken === 1;
  }

  appendPart(head: WindowHead, part: PartBytes): Promise<AppendOutcome> {
    const keys = new WindowKeys(head.inputId);
    const { trackId } = head.track;
    return this.#write(
      scripts.appendPart,
      [keys.fence, keys.tracks, keys.window(trackId), keys.part(trackId, part.mediaSequence, part.partIndex)],
      [head.fence, trackId, head.revision, JSON.stringify(head), asBuffer(part.bytes), LIFETIME_MS],
    );
  }

  closeSegment(head: WindowHead, segment: WindowSegment, firstMediaSequence: number): Promise<AppendOutcome> {
    const keys = new WindowKeys(head.inputId);
    const { trackId } = head.track;
    return this.#write(
      scripts.closeSegment,
      [keys.fence, keys.tracks, keys.window(trackId)],
      [
        head.fence,
        trackId,
        head.revision,
        JSON.stringify(head),
        segment.mediaSequence,
        JSON.stringify(segment),
        firstMediaSequence,
        keys.partPrefix(trackId),
        LIFETIME_MS,
      ],
    );
  }

  replace(window: TrackWindow): Promise<AppendOutcome> {
    const { segments, ...head } = window;
    const keys = new WindowKeys(head.inputId);
    const { trackId } = head.track;
    const first = segments[0]?.mediaSequence ?? head.open?.mediaSequence ?? 0;
    return this.#write(
      scripts.replace,
      [keys.fence, keys.tracks, keys.window(trackId)],
      [
        head.fence,
        trackId,
        head.revision,
        JSON.stringify(head),
        first,
        LIFETIME_MS,
        ...segments.flatMap((segment) => [segment.mediaSequence, JSON.stringify(segment)]),
      ],
    );
  }

  putBytes(window: Pick<TrackWindow, 'inputId' | 'fence' | 'track'>, part: PartBytes): Promise<AppendOutcome> {
    const keys = new WindowKeys(window.inputId);
    return this.#write(
      scripts.putBytes,
      [keys.fence, keys.part(window.track.trackId, part.mediaSequence, part.partIndex)],
      [window.fence, asBuffer(part.bytes), LIFETIME_MS],
    );
  }

  async readInput(inputId: string): Promise<TrackWindow[]> {
    const keys = new WindowKeys(inputId);
    const trackIds = (await this.#redis.smembers(keys.tracks)).map(Number).toSorted((a, b) => a - b);
    const windows = await Promise.all(
      trackIds.map(async (trackId) => windowOf(await this.#redis.hgetall(keys.window(trackId)))),
    );
    return windows.filter((window) => window !== undefined);
  }

  async readParts(
    inputId: string,
    trackId: number,
    { mediaSequence, partIndexes }: { mediaSequence: number; partIndexes: readonly number[] },
  ): Promise<Array<Buffer | undefined>> {
    if (partIndexes.length === 0) return [];
    const keys = new WindowKeys(inputId);
    const parts = await this.#redis.mgetBuffer(
      partIndexes.map((partIndex) => keys.part(trackId, mediaSequence, partIndex)),
    );
    return parts.map((part) => part ?? undefined);
  }

  async readSegment(inputId: string, trackId: number, segment: WindowSegment): Promise<Buffer | undefined> {
    const { mediaSequence, parts } = segment;
    const partIndexes = parts.map((part) => part.partIndex);
    const read = await this.readParts(inputId, trackId, { mediaSequence, partIndexes });
    const present = read.filter((part) => part !== undefined);
    return present.length > 0 && present.length === parts.length ? Buffer.concat(present) : undefined;
  }

  async #write(
    script: RedisScript,
    keys: readonly string[],
    args: ReadonlyArray<string | number | Buffer>,
  ): Promise<AppendOutcome> {
    // The scripts return nothing else; see their headers.
    return (await script.run(this.#redis, keys, args)) as AppendOutcome;
  }
}

function windowOf(fields: Record<string, string>): TrackWindow | undefined {
  const { head, revision: _revision, first: _first, ...segments } = fields;
  if (head === undefined) return undefined;
  const window = TrackWindow.safeParse({
    ...JSON.parse(head),
    segments: Object.values(segments).map((segment) => JSON.parse(segment)),
  });
  // A window that another version wrote is as good as none: the packager writes it whole.
  if (!window.success) return undefined;
  return { ...window.data, segments: window.data.segments.toSorted((a, b) => a.mediaSequence - b.mediaSequence) };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
