import type { CallCreated, CallSettings } from '#shared/contracts';
import { callKeyOf, type CallRef } from './call-key.ts';
import type { Caller } from './call-token.ts';
import { newExternalInputId, newLiveInputId, type RandomInt } from './ids.ts';
import { sha256Hex } from './live-input.ts';

/** What somebody asked a new call to be. */
export interface CallWishes {
  readonly created_by_id?: string | undefined;
  readonly custom: Record<string, unknown>;
  readonly starts_at?: number | undefined;
  readonly members: ReadonlyArray<{ user_id: string; role: string }>;
  readonly settings: CallSettings;
}

/** The first fact of a call, with the live input that it will own. A user creates in their own name. */
export function newCall(
  who: CallRef & { orgId: string; caller: Caller },
  wishes: CallWishes,
  made: { streamKey: string; random: RandomInt; nowMs: number },
): CallCreated {
  const { caller, orgId, ...ref } = who;
  return {
    fact: 'call_created',
    atMs: made.nowMs,
    ...ref,
    callKey: callKeyOf(ref),
    orgId,
    inputId: newLiveInputId(made.random),
    externalInputId: newExternalInputId(made.random),
    streamKeySha256: sha256Hex(made.streamKey),
    createdById: caller.kind === 'user' ? caller.userId : (wishes.created_by_id ?? caller.kind),
    custom: wishes.custom,
    ...(wishes.starts_at === undefined ? {} : { startsAtMs: wishes.starts_at }),
    members: membersOf(wishes.members),
    settings: wishes.settings,
  };
}

/** Who is named twice has the role of the first time. */
function membersOf(wished: CallWishes['members']): CallCreated['members'] {
  const members = new Map<string, string>();
  for (const { user_id: userId, role } of wished) if (!members.has(userId)) members.set(userId, role);
  return [...members].map(([userId, role]) => ({ userId, role }));
}
