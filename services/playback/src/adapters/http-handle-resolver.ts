import { isValidDid } from '@atproto/syntax';
import { z } from 'zod';
import { HandleResolver } from '../ports.ts';

const TIMEOUT_MS = 3000;
const MAX_REPLY_BYTES = 4096;
const FOUND_KEPT_MS = 600_000;
const NOT_FOUND_KEPT_MS = 30_000;
const MAX_KEPT = 10_000;
const MAX_IN_FLIGHT = 32;

const Reply = z.object({ did: z.string().refine(isValidDid, 'expected a DID') });

interface Kept {
  readonly did: string | undefined;
  readonly untilMs: number;
}

/** Asks one configured server for the DID of a handle; what it says, and that it says nothing, is kept for a while. */
export class HttpHandleResolver extends HandleResolver {
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<string | undefined>>();
  readonly #server: string | undefined;

  /** Without a server nothing is ever resolved. */
  constructor(server: string | undefined) {
    super();
    this.#server = server;
  }

  async resolve(handle: string): Promise<string | undefined> {
    const kept = this.#kept.get(handle);
    if (this.#server === undefined) return undefined;
    if (kept !== undefined && Date.now() < kept.untilMs) return kept.did;
    const asking = this.#asking.get(handle);
    if (asking !== undefined) return asking;
    // Anonymous requests choose the handle: they must not choose how many requests leave here.
    if (this.#asking.size >= MAX_IN_FLIGHT) return undefined;
    const started = this.#ask(this.#server, handle).finally(() => this.#asking.delete(handle));
    this.#asking.set(handle, started);
    return started;
  }

  async #ask(server: string, handle: string): Promise<string | undefined> {
    const did = await didFrom(server, handle).catch(() => undefined);
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(handle, { did, untilMs: Date.now() + (did === undefined ? NOT_FOUND_KEPT_MS : FOUND_KEPT_MS) });
    return did;
  }
}

async function didFrom(server: string, handle: string): Promise<string | undefined> {
  const url = new URL('/xrpc/com.atproto.identity.resolveHandle', server);
  url.searchParams.set('handle', handle);
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  if (!response.ok) return undefined;
  const text = await readBounded(response);
  const reply = text === undefined ? undefined : Reply.safeParse(JSON.parse(text));
  return reply?.success === true ? reply.data.did : undefined;
}

/** undefined when the reply is larger than any DID needs. */
async function readBounded(response: Response): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of response.body ?? []) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > MAX_REPLY_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
