import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { tidOf } from '../domain/session-id.ts';
import type { Clock } from '../ports.ts';

/** A viewer who asks for nothing for as long has gone. */
const IDLE_MS = 30_000;
const MAX_SESSIONS = 200_000;

/** Who is watching now: counts presence, never grants access. Bounded; the longest silent are forgotten first. */
export class ViewerSessions {
  /** In the order of the last request. */
  readonly #lastSeenMs = new Map<string, number>();
  readonly #key = randomBytes(32);
  /** The viewer last seen on a connection, which lives as long as that: a keyed hash costs as much as the rest of an answer. */
  readonly #onConnection = new WeakMap<object, { readonly traits: string; readonly sessionId: string }>();
  readonly #clockId = randomInt(1024);
  #lastMintedUs = 0n;

  constructor(private readonly clock: Clock) {}

  /** A new session id; never the same twice in this process. */
  mint(): string {
    const nowUs = BigInt(Math.round(this.clock.nowMs() * 1000));
    this.#lastMintedUs = nowUs > this.#lastMintedUs ? nowUs : this.#lastMintedUs + 1n;
    return tidOf(this.#lastMintedUs, this.#clockId);
  }

  /** The viewer behind this session is present. */
  see(sessionId: string): void {
    this.#lastSeenMs.delete(sessionId);
    this.#lastSeenMs.set(sessionId, this.clock.nowMs());
    if (this.#lastSeenMs.size > MAX_SESSIONS) this.#forgetFirst();
  }

  /** Like `see`, for a viewer without a session id: known by what stays the same between requests, kept only as a keyed hash. */
  seeAnonymous(traits: readonly string[], connection: object): void {
    const joined = traits.join('\n');
    const known = this.#onConnection.get(connection);
    if (known?.traits === joined) {
      this.see(known.sessionId);
      return;
    }
    const sessionId = createHmac('sha256', this.#key).update(joined).digest('base64url');
    this.#onConnection.set(connection, { traits: joined, sessionId });
    this.see(sessionId);
  }

  /** How many are present. */
  count(): number {
    const idleSinceMs = this.clock.nowMs() - IDLE_MS;
    for (const [sessionId, seenMs] of this.#lastSeenMs) {
      if (seenMs > idleSinceMs) break;
      this.#lastSeenMs.delete(sessionId);
    }
    return this.#lastSeenMs.size;
  }

  #forgetFirst(): void {
    for (const first of this.#lastSeenMs.keys()) {
      this.#lastSeenMs.delete(first);
      return;
    }
  }
}
