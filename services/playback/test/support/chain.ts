import { z } from 'zod';
import { CHAIN_START, nextChainValue, signingKeyOf } from '#provenance';
import {
  originKeysBucket,
  partitionOf,
  segmentClosedSubject,
  SegmentClosed,
  type TrackWindow,
  type WindowSegment,
} from '#shared/contracts';
import { publishFact } from '#shared/messaging';
import type { Servers } from './servers.ts';

/** The key of the origin that the tests play. */
export const ORIGIN_KEY = signingKeyOf(Buffer.alloc(32, 3).toString('base64url'));

const PARTITIONS = 16;
const NOTHING_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** A closed segment with the link that follows the newest one of the window, signed. */
export function withLink({ inputId, track, segments }: TrackWindow, segment: WindowSegment): WindowSegment {
  const chunks = segment.parts.flatMap((part) => part.chunks);
  const chain = nextChainValue(segments.at(-1)?.chain ?? CHAIN_START, { ...segment, chunks });
  return { ...segment, chain, signature: ORIGIN_KEY.sign({ ...segment, inputId, trackId: track.trackId, chain }) };
}

/** Publishes the key as the packager does. */
export async function publishOriginKey({ bus }: Servers): Promise<void> {
  const { keyId, publicKey } = ORIGIN_KEY;
  const keys = await bus.table(originKeysBucket);
  await keys.put(keyId, { keyId, algorithm: 'Ed25519', publicKey, createdAtMs: 1 });
}

/** Writes every closed segment of a window down as the packager does. */
export async function writeJournal({ bus }: Servers, window: TrackWindow): Promise<void> {
  const { inputId, track } = window;
  const partition = partitionOf(inputId, PARTITIONS);
  const subject = segmentClosedSubject.format({ partition, inputId, trackId: track.trackId });
  for (const segment of window.segments) {
    await publishFact(bus, subject, z.encode(SegmentClosed, recordOf(window, segment, partition)));
  }
}

function recordOf({ inputId, track, fence }: TrackWindow, segment: WindowSegment, partition: number): SegmentClosed {
  const { parts, sha256 = NOTHING_SHA256, chain = '', ...facts } = segment;
  return {
    ...facts,
    inputId,
    trackId: track.trackId,
    partition,
    fence,
    sha256,
    chain,
    timescale: track.timescale,
    decodeTimeTicks: 0n,
    durationTicks: 1n,
    chunks: parts.flatMap((part) =>
      part.chunks.map((chunk) => ({ ...chunk, durationTicks: 1n, independent: part.independent })),
    ),
    partChunkCounts: parts.map((part) => part.chunks.length),
    closedBy: 'boundary',
    resumeSequence: 0,
    closedAtMs: Date.now(),
  };
}
