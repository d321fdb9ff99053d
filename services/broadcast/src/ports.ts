import type { AppRow, CallCommit, CallState, EventHook, LiveInputRow } from '#shared/contracts';
import type { InputMedia } from './domain/input-media.ts';
import type { ProblemEvent } from './domain/input-problems.ts';

/** A call and the place of its newest commit. */
export interface LoadedCall {
  readonly state: CallState;
  /** What the next commit must name as the newest; 0 when the stream no longer holds any. */
  readonly sequence: number;
}

/** The facts of every call, in order. A commit is true from the moment it is appended. */
export abstract class CallLog {
  abstract load(callKey: string): Promise<LoadedCall | undefined>;
  /** False when another commit of the call came first. */
  abstract append(commit: CallCommit, expectedSequence: number): Promise<boolean>;
}

/** The rows that follow from the facts. */
export abstract class CallProjections {
  /** Brings the rows to a commit; repeating it, or an older one after a newer, changes nothing. */
  abstract project(commit: CallCommit): Promise<void>;
  /** Calls with an armed or running broadcast. */
  abstract active(): CallState[];
}

/** What the journal and the inputs' events say of media. */
export abstract class MediaFacts {
  /** As far as this process has heard. */
  abstract of(inputId: string): InputMedia;
  /** A fresh look at the bus. */
  abstract probe(inputId: string): Promise<InputMedia>;
  /** Forgets inputs that are long silent. */
  abstract prune(nowMs: number): void;
}

/** What ingest, packager, timeshift and playback told of an input's problems. */
export abstract class InputProblems {
  /** Of the last day, oldest first; bounded. */
  abstract eventsOf(inputId: string): Promise<ProblemEvent[]>;
}

/** Live inputs by id. */
export abstract class LiveInputs {
  /** Both ids are good; an input of another organisation is as good as none. */
  abstract find(orgId: string, id: string): LiveInputRow | undefined;
  /** Oldest first, by a stable order. */
  abstract list(orgId: string): LiveInputRow[];
  /** What another input already has of the names in this one. */
  abstract clash(row: LiveInputRow): string | undefined;
  abstract create(row: LiveInputRow): Promise<void>;
  /** Replaces the hash of the stream key; throws KvConflictError when somebody else did just now. */
  abstract replaceStreamKey(id: string, streamKeySha256: string): Promise<LiveInputRow>;
}

/** An app with its secret opened. */
export interface App extends AppRow {
  readonly secret: string;
}

/** Apps by their public API key. */
export abstract class Apps {
  /** Throws when the app's secret cannot be opened under this master key. */
  abstract find(apiKey: string): App | undefined;
  /** The hooks that want deliveries; needs no secret, so that an app whose secret cannot be opened holds up no other. */
  abstract enabledHooks(apiKey: string): EventHook[];
  abstract replaceHooks(apiKey: string, hooks: EventHook[]): Promise<App>;
}

/** Where webhooks may go. */
export abstract class WebhookDestinations {
  /** Throws RefusedDestinationError. */
  abstract assertAcceptable(url: string): void;
}

/** API keys of the control plane. */
export abstract class ApiKeys {
  /** The owner and scopes of a key, or undefined when it is unknown. */
  abstract find(key: string): { orgId: string; scopes: string[] } | undefined;
}

/** The wall clock in ms since 1970, and unguessable whole numbers from 0 to below a limit. */
export abstract class Chance {
  abstract nowMs(): number;
  abstract readonly randomInt: (limit: number) => number;
}

/** Everything that goes on without being asked: following media, judging broadcasts, delivering webhooks. */
export abstract class BackgroundWork {
  /** Resolves once the present state of the bus is known. */
  abstract start(): Promise<void>;
  /** Resolves when nothing writes any more. */
  abstract stop(): Promise<void>;
}
