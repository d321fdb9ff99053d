import type { TrackOwner } from '#shared/contracts';
import type { QuietTrack, RedundancyPolicy } from './publisher-claims.ts';

/** A session that wants tracks. */
export interface TrackClaim {
  readonly processId: string;
  readonly sessionId: string;
  /** Address and user agent of its encoder. */
  readonly client: string;
  readonly trackIds: readonly number[];
  readonly policy: RedundancyPolicy;
}

/** The row after a claim, or the track that another process is receiving. */
export type ClaimVerdict =
  { kind: 'granted'; owners: TrackOwner[] } | { kind: 'refused'; trackId: number; quietMs: number };

/** The owners of these tracks that come through other processes. */
export const foreignOwners = (
  owners: readonly TrackOwner[],
  { processId, trackIds }: Pick<TrackClaim, 'processId' | 'trackIds'>,
): TrackOwner[] => owners.filter((owner) => owner.processId !== processId && trackIds.includes(owner.trackId));

/** What the processes of these owners say of them; a process that says nothing is gone. */
export const heardOf = (owners: readonly TrackOwner[], said: readonly QuietTrack[]): QuietTrack[] =>
  said.filter((one) => owners.some((owner) => owner.sessionId === one.sessionId && owner.trackId === one.trackId));

/**
 * Judges a claim across processes (docs/decisions/0021). `heard` is what the processes of the present owners say;
 * `ownSessionIds` are the sessions that this process still has, which settles its own among themselves.
 */
export function judgeClaim(
  owners: readonly TrackOwner[],
  claim: TrackClaim,
  heard: readonly QuietTrack[],
  { ownSessionIds, quietMs }: { ownSessionIds: ReadonlySet<string>; quietMs: number },
): ClaimVerdict {
  const { processId, sessionId, policy } = claim;
  // An encoder that sends one file for each request may be led to another process with each.
  const itself = heard.filter(({ client, isOpen }) => client === claim.client && !isOpen);
  const live = heard.filter((one) => !itself.includes(one) && one.quietMs < quietMs);
  const [rival] = live;
  if (policy === 'refuse' && rival !== undefined)
    return { kind: 'refused', trackId: rival.trackId, quietMs: rival.quietMs };
  const kept = new Set([...itself, ...(policy === 'redundant' ? live : [])].map((one) => one.sessionId));
  const isLost = losing(foreignOwners(owners, claim), claim);
  const stays = (owner: TrackOwner): boolean => {
    if (owner.processId === processId) return owner.sessionId !== sessionId && ownSessionIds.has(owner.sessionId);
    return kept.has(owner.sessionId) || !isLost(owner);
  };
  const own = owners.filter((owner) => owner.processId === processId && owner.sessionId === sessionId);
  const mine = new Set([...own.map(({ trackId }) => trackId), ...claim.trackIds]);
  const added = [...mine].map((trackId) => ({ trackId, sessionId, processId }));
  return { kind: 'granted', owners: [...owners.filter(stays), ...added] };
}

/** A claim of quiet tracks takes just them; a takeover ends the other publisher as a whole. */
function losing(rivals: readonly TrackOwner[], { policy, trackIds }: TrackClaim): (owner: TrackOwner) => boolean {
  const ended = new Set(policy === 'takeover' ? rivals.map(({ sessionId }) => sessionId) : []);
  return ({ sessionId, trackId }) => ended.has(sessionId) || trackIds.includes(trackId);
}
