import type { CallState } from '#shared/contracts';
import type { Caller } from './call-token.ts';

/** What one may do on a call (calls.md, "Endpoints"). */
export type Capability = (typeof CAPABILITIES)[number];

const CAPABILITIES = [
  'create-call',
  'read-call',
  'join-call',
  'join-backstage',
  'update-call',
  'end-call',
  'start-broadcast-call',
  'stop-broadcast-call',
  'start-record-call',
  'stop-record-call',
] as const;

/** The call types every app has. */
export const CALL_TYPES = ['default', 'livestream', 'audio_room', 'development'] as const;
/** The name of a call type. */
export type CallType = (typeof CALL_TYPES)[number];

interface Grants {
  /** Roles that may do everything on a call of the type. */
  readonly full: readonly string[];
  /** What anybody with a valid user token may do. */
  readonly everyone: readonly Capability[];
  /** What the creator of a call may do besides; the `-owner` variants. */
  readonly owner: readonly Capability[];
}

const VISITOR: readonly Capability[] = ['create-call', 'read-call', 'join-call'];

const GRANTS: Readonly<Record<CallType, Grants>> = {
  default: { full: ['host', 'admin'], everyone: VISITOR, owner: CAPABILITIES },
  livestream: { full: ['host', 'admin'], everyone: VISITOR, owner: CAPABILITIES },
  audio_room: { full: ['host', 'admin'], everyone: VISITOR, owner: CAPABILITIES },
  development: { full: ['host', 'admin'], everyone: CAPABILITIES, owner: CAPABILITIES },
};

/** Whether a name is one of the built-in call types. */
export const isCallType = (type: string): type is CallType => (CALL_TYPES as readonly string[]).includes(type);

/** The roles of a caller on a call: from the token for its own calls, else from the members, else `user`. */
export function roleOf(caller: Caller, call: { cid: string; members: CallState['members'] }): string {
  if (caller.kind !== 'user') return caller.kind;
  if (caller.role !== undefined && caller.callCids?.includes(call.cid) === true) return caller.role;
  return call.members.find((member) => member.userId === caller.userId)?.role ?? 'user';
}

/** Everything a caller may do on a call, in a fixed order. */
export function capabilitiesOf(
  caller: Caller,
  call: { cid: string; type: CallType; members: CallState['members']; createdById?: string },
): readonly Capability[] {
  if (caller.kind === 'server') return CAPABILITIES;
  if (caller.kind === 'anonymous') return [];
  // A call token is good for the calls it names and for no other.
  if (caller.callCids !== undefined && !caller.callCids.includes(call.cid)) return [];
  const grants = GRANTS[call.type];
  if (grants.full.includes(roleOf(caller, call))) return CAPABILITIES;
  if (call.createdById !== undefined && call.createdById === caller.userId) return grants.owner;
  return grants.everyone;
}

/** The refusal of an action, naming user, action and scope. */
export const forbiddenSentence = (caller: Caller, role: string, action: string, scope: string): string =>
  `User '${caller.kind === 'user' ? caller.userId : caller.kind}' with role '${role}' is not allowed to perform action ${action} in scope '${scope}'`;
