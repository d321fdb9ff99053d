import { BoxScanner, CmafError, frameRateFrom, inspectChunk, readInit, type TrackFacts } from '#cmaf';
import type { TrackDescription } from '#shared/contracts';

const MAX_BOX_BYTES = 67_108_864;

/** Facts of the one track of an init segment; throws CmafError when there is none. */
export function trackFactsOf(init: Uint8Array): TrackFacts {
  const [facts] = readInit(init).tracks;
  if (facts === undefined) throw new CmafError('init_malformed', 'expected a track in the init segment, got none');
  return facts;
}

/** What players are told of a track; where its init leaves the frame rate open, the first chunk has it. */
export function describeTrack(
  facts: TrackFacts,
  origin: { trackId: number; name: string; firstChunk: Uint8Array | undefined },
): TrackDescription {
  const frameRate = facts.frameRate ?? (facts.kind === 'video' ? frameRateIn(facts, origin.firstChunk) : undefined);
  return {
    trackId: origin.trackId,
    name: origin.name,
    kind: facts.kind,
    codec: facts.codec,
    timescale: facts.timescale,
    language: facts.language,
    ...(facts.width === undefined ? {} : { width: facts.width }),
    ...(facts.height === undefined ? {} : { height: facts.height }),
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(facts.channels === undefined ? {} : { channels: facts.channels }),
    ...(facts.sampleRate === undefined ? {} : { sampleRate: facts.sampleRate }),
  };
}

function frameRateIn(facts: TrackFacts, chunk: Uint8Array | undefined): number | undefined {
  if (chunk === undefined) return undefined;
  try {
    const moof = new BoxScanner({ maxBoxBytes: MAX_BOX_BYTES }).push(chunk).find((box) => box.type === 'moof');
    if (moof === undefined) return undefined;
    const timing = inspectChunk(moof.bytes, new Map([[facts.trackId, facts]]))[0];
    return timing === undefined ? undefined : frameRateFrom(timing, facts.timescale);
  } catch (error) {
    if (error instanceof CmafError) return undefined;
    throw error;
  }
}
