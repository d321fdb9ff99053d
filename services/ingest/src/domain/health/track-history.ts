/** One chunk as a detector sees it. Times are ms since 1970, media on the wall clock of its epoch. */
export interface HeardChunk {
  readonly startMs: number;
  readonly endMs: number;
  readonly arrivalMs: number;
  readonly sizeBytes: number;
  readonly independent: boolean;
}

/** What does not change from chunk to chunk. */
export interface TrackNature {
  readonly trackId: number;
  readonly kind: 'video' | 'audio' | 'text' | 'metadata';
  readonly epoch: number;
  /** Bits per second that the init segment promises. */
  readonly declaredMaxBitrate: number | undefined;
}

/** What is remembered of a track in its epoch. */
export interface TrackHistory extends TrackNature {
  /** The chunks of the last {@link HISTORY_MS}, newest last. */
  readonly chunks: readonly HeardChunk[];
  /** Starts of the newest keyframes, oldest first. */
  readonly keyframesMs: readonly number[];
  /** Start of the epoch's first chunk here. */
  readonly firstStartMs: number;
  /** How long after their end chunks came at first, at best. */
  readonly usualLagMs: number;
  /** The same of the best ever. */
  readonly bestLagMs: number;
}

/** How far back chunks are remembered. */
export const HISTORY_MS = 10_000;
/** More chunks than this in that time are forgotten earlier. */
const MAX_CHUNKS = 512;
const MAX_KEYFRAMES = 16;
/** Encoders begin with what they had queued: the usual lag is learned from this much. */
const LEARNING_MS = 5000;

/** The history after one more chunk; a new epoch begins a new one. */
export function hear(before: TrackHistory | undefined, nature: TrackNature, chunk: HeardChunk): TrackHistory {
  const known = before?.epoch === nature.epoch ? before : begun(nature, chunk);
  const lagMs = chunk.arrivalMs - chunk.endMs;
  const isLearning = chunk.endMs - known.firstStartMs <= LEARNING_MS;
  const recent = known.chunks.filter(({ arrivalMs }) => chunk.arrivalMs - arrivalMs <= HISTORY_MS);
  const { keyframesMs } = known;
  return {
    ...nature,
    chunks: [...recent, chunk].slice(-MAX_CHUNKS),
    keyframesMs: chunk.independent ? [...keyframesMs, chunk.startMs].slice(-MAX_KEYFRAMES) : keyframesMs,
    firstStartMs: known.firstStartMs,
    usualLagMs: isLearning ? Math.min(known.usualLagMs, lagMs) : known.usualLagMs,
    bestLagMs: Math.min(known.bestLagMs, lagMs),
  };
}

function begun(nature: TrackNature, { startMs, endMs, arrivalMs }: HeardChunk): TrackHistory {
  const lagMs = arrivalMs - endMs;
  return { ...nature, chunks: [], keyframesMs: [], firstStartMs: startMs, usualLagMs: lagMs, bestLagMs: lagMs };
}

/** The least of the lags of what is remembered: delays of the network come and go, a clock that is wrong stays. */
export const lagNowMs = ({ chunks }: TrackHistory): number =>
  Math.min(...chunks.map(({ arrivalMs, endMs }) => arrivalMs - endMs));

/** Wall clock at which the track's media ends so far. */
export const heardToMs = ({ chunks, firstStartMs }: TrackHistory): number => chunks.at(-1)?.endMs ?? firstStartMs;

/** When its newest chunk came. */
export const lastHeardMs = ({ chunks }: TrackHistory): number => chunks.at(-1)?.arrivalMs ?? 0;

/** Bits per second of media over what is remembered; undefined when that is too little to say. */
export function bitrateOf({ chunks }: TrackHistory, leastMs: number): number | undefined {
  const [first] = chunks;
  const last = chunks.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const durationMs = last.endMs - first.startMs;
  if (durationMs < leastMs) return undefined;
  return (chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) * 8000) / durationMs;
}
