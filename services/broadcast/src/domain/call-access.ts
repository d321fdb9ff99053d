import type { CallState } from '#shared/contracts';
import {
  capabilitiesOf,
  forbiddenSentence,
  isCallType,
  roleOf,
  type Capability,
  type CallType,
} from './capabilities.ts';
import { CallForbiddenError, CallNotFoundError } from './call-errors.ts';
import type { Caller } from './call-token.ts';
import { assertCallId, type CallRef } from './call-key.ts';
import { cidOf } from './call-view.ts';

/** A call as far as access to it goes; one that does not exist yet has neither members nor a creator. */
export type AccessedCall = Pick<CallState, 'type' | 'id'> & Partial<Pick<CallState, 'members' | 'createdById'>>;

/** A call type by name; throws CallNotFoundError. */
export function callTypeOf(type: string): CallType {
  if (isCallType(type)) return type;
  throw new CallNotFoundError(`call type "${type.slice(0, 80)}" does not exist`);
}

/** What a caller may do on a call. */
export const capabilitiesOn = (caller: Caller, call: AccessedCall): readonly Capability[] =>
  capabilitiesOf(caller, {
    cid: cidOf(call),
    type: callTypeOf(call.type),
    members: call.members ?? [],
    ...(call.createdById === undefined ? {} : { createdById: call.createdById }),
  });

/** Throws CallForbiddenError naming the first thing that the caller may not do. */
export function assertMay(caller: Caller, call: AccessedCall, needed: readonly Capability[]): void {
  const capabilities = capabilitiesOn(caller, call);
  const missing = needed.find((capability) => !capabilities.includes(capability));
  if (missing === undefined) return;
  const role = roleOf(caller, { cid: cidOf(call), members: call.members ?? [] });
  throw new CallForbiddenError(forbiddenSentence(caller, role, actionOf(missing), `video:${call.type}`));
}

/** `start-broadcast-call` is the action StartBroadcastCall. */
const actionOf = (capability: Capability): string =>
  capability
    .split('-')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');

/** A call as a URL names it. */
export interface CallName {
  readonly type: string;
  readonly id: string;
}

/** The call a request names; throws CallInputError or CallNotFoundError when there can be none of that name. */
export function callRefOf(appKey: string, { type, id }: CallName): CallRef {
  assertCallId(id);
  return { appKey, type: callTypeOf(type), id };
}

/** The call that was found; throws CallNotFoundError when none was. */
export function existing(ref: CallRef, state: CallState | undefined): CallState {
  if (state === undefined) throw new CallNotFoundError(`call ${cidOf(ref)} does not exist`);
  return state;
}
