import { readInit, splitInit, type TrackFacts } from '#cmaf';
import { randomUUID } from 'node:crypto';
import { trackKeyOf, tracksOfName } from '../domain/track-ids.ts';
import { InitMalformedError, readingMedia } from '../errors.ts';
import type { InitSegments } from '../ports.ts';
import type { InputFeed } from './input-feed.ts';
import type { NamedInit } from './named-init.ts';
import { sha256Of } from './sha256.ts';

/** Reads an init segment that just came: one track verbatim, or split into one init segment for each. */
export async function acceptInit(feed: InputFeed, trackName: string, bytes: Uint8Array): Promise<NamedInit> {
  const { tracks: allFacts } = readingMedia(() => readInit(bytes));
  if (allFacts.length === 0) throw new InitMalformedError('expected at least one track in moov, got none');
  const pieces = readingMedia(() => splitInit(bytes));
  const wanted = allFacts.map(({ trackId }) => ({
    key: trackKeyOf(trackName, trackId, allFacts.length > 1),
    containerTrackId: trackId,
  }));
  const ids = await feed.nameTracks(wanted);
  const parts = allFacts.map((facts, index) => ({
    facts,
    trackId: ids[wanted[index]?.key ?? ''] ?? facts.trackId,
    bytes: pieces.get(facts.trackId) ?? bytes,
  }));
  const named = namedInitOf(trackName, parts);
  feed.rememberInit(trackName, named);
  return named;
}

/** Finds the init segment of an upload name again after this process had forgotten it: the log names it, the bucket has it. */
export async function recoverInit(
  feed: InputFeed,
  inits: InitSegments,
  trackName: string,
): Promise<NamedInit | undefined> {
  const found = await Promise.all(
    tracksOfName(feed.trackIds, trackName).map(async ({ trackId, containerTrackId }) => {
      const cursor = await feed.lane(trackId).recoveredCursor();
      const bytes = cursor === undefined ? undefined : await inits.get(feed.input.id, cursor.initSha256);
      const facts = bytes === undefined ? undefined : readingMedia(() => readInit(bytes)).tracks[0];
      if (bytes === undefined || facts === undefined) return [];
      return [{ trackId, bytes, facts: { ...facts, trackId: containerTrackId ?? facts.trackId } }];
    }),
  );
  const parts = found.flat();
  if (parts.length === 0) return undefined;
  const named = namedInitOf(trackName, parts);
  feed.rememberInit(trackName, named);
  return named;
}

function namedInitOf(
  name: string,
  parts: ReadonlyArray<{ trackId: number; bytes: Uint8Array; facts: TrackFacts }>,
): NamedInit {
  const receipt = randomUUID();
  const inits = parts.map((part) => ({ ...part, name, sha256: sha256Of(part.bytes), receipt }));
  return {
    facts: new Map(inits.map(({ facts }) => [facts.trackId, facts])),
    tracks: new Map(inits.map((init) => [init.facts.trackId, init])),
  };
}
