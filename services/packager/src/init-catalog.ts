import { CmafError, type TrackFacts } from '#cmaf';
import type { TrackDescription } from '#shared/contracts';
import { describeTrack, trackFactsOf } from './domain/track-description.ts';
import type { PackagerContext } from './packager-context.ts';
import type { TrackRef } from './ports.ts';

/** What is known of an init segment. */
export type InitKnowledge =
  { readonly kind: 'known'; readonly facts: TrackFacts } | { readonly kind: 'unusable'; readonly reason: string };

const MAX_REMEMBERED = 64;

/** The init segments of one input, read once each. */
export class InitCatalog {
  readonly #context: PackagerContext;
  readonly #inputId: string;
  readonly #known = new Map<string, InitKnowledge>();
  readonly #descriptions = new Map<string, TrackDescription>();
  readonly #names = new Map<number, string>();

  constructor(context: PackagerContext, inputId: string) {
    this.#context = context;
    this.#inputId = inputId;
  }

  /** The track was uploaded under this name. */
  named(trackId: number, name: string): void {
    remember(this.#names, trackId, name);
  }

  async factsOf(initSha256: string): Promise<InitKnowledge> {
    const known = this.#known.get(initSha256);
    if (known !== undefined) return known;
    const bytes = await this.#context.presentations.initSegment(this.#inputId, initSha256);
    if (bytes === undefined)
      return { kind: 'unusable', reason: `expected init segment ${initSha256} of ${this.#inputId}, got none` };
    // One that is not there may still come; what is there is the same for ever, usable or not.
    const knowledge = knowledgeOf(initSha256, bytes);
    remember(this.#known, initSha256, knowledge);
    return knowledge;
  }

  /** What players are told of a track; undefined when its init cannot be used. */
  async describe(
    track: TrackRef,
    initSha256: string,
    firstChunk: Uint8Array | undefined,
  ): Promise<TrackDescription | undefined> {
    const key = `${track.trackId}:${initSha256}`;
    const known = this.#descriptions.get(key);
    if (known !== undefined) return known;
    const init = await this.factsOf(initSha256);
    if (init.kind === 'unusable') return undefined;
    const name = this.#names.get(track.trackId) ?? (await this.#context.media.nameOf(track));
    const description = describeTrack(init.facts, { trackId: track.trackId, name, firstChunk });
    // A chunk yet to come may tell the frame rate.
    const isFinal = description.kind !== 'video' || description.frameRate !== undefined || firstChunk !== undefined;
    if (isFinal) remember(this.#descriptions, key, description);
    return description;
  }
}

function knowledgeOf(initSha256: string, bytes: Uint8Array): InitKnowledge {
  try {
    return { kind: 'known', facts: trackFactsOf(bytes) };
  } catch (error) {
    if (error instanceof CmafError) return { kind: 'unusable', reason: `init segment ${initSha256}: ${error.message}` };
    throw error;
  }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  const oldest = map.keys().next();
  if (map.size >= MAX_REMEMBERED && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
}
