import { Inject, Injectable } from '@nestjs/common';
import type { LiveInputRow } from '#shared/contracts';
import { keyMatches } from '../domain/stream-key.ts';
import { TokenBuckets } from '../domain/token-buckets.ts';
import { PublishForbiddenError, PublishingPointNotFoundError } from '../errors.ts';
import { InputDirectory } from '../ports.ts';
import { Notices } from './notices.ts';

const FAILURE_BURST = 20;
const FAILURES_PER_SEC = 1;
const MAX_KEYS = 10_000;

/** Who asks to publish where. */
export interface Credentials {
  /** `li_…` or `lv_…`. */
  readonly input: string;
  readonly key: string | undefined;
  readonly address: string;
}

/** Decides whether a stream key may publish to an input. Failures are limited for each address and input. */
@Injectable()
export class PublishAccess {
  readonly #failures = new TokenBuckets({ capacity: FAILURE_BURST, perSec: FAILURES_PER_SEC, maxKeys: MAX_KEYS });

  constructor(
    @Inject(InputDirectory) private readonly inputs: InputDirectory,
    @Inject(Notices) private readonly notices: Notices,
  ) {}

  /** The input, or PublishingPointNotFoundError (404), or PublishForbiddenError (403). */
  async admit(credentials: Credentials, nowMs: number): Promise<LiveInputRow> {
    const failureKey = `${credentials.address} ${credentials.input}`;
    if (!this.#failures.has(failureKey, nowMs)) {
      throw new PublishForbiddenError(
        `too many refused attempts on ${credentials.input}; wait a second between attempts`,
      );
    }
    const row = await this.inputs.find(credentials.input);
    const refusal = refusalOf(row, credentials);
    if (row !== undefined && refusal === undefined) return row;
    this.#failures.take(failureKey, nowMs);
    if (row === undefined || refusal === undefined)
      throw new PublishingPointNotFoundError(`no live input ${credentials.input}`);
    this.notices.rejected(row.id, 'PublishForbidden', refusal, nowMs);
    throw new PublishForbiddenError(refusal);
  }
}

function refusalOf(row: LiveInputRow | undefined, { input, key }: Credentials): string | undefined {
  if (row === undefined) return undefined;
  if (key === undefined) {
    return `${input}: expected a stream key as ?sk=, Bearer, Basic password or path segment, got none`;
  }
  if (!keyMatches(key, row.streamKeySha256)) return `${input}: the stream key is wrong`;
  return row.available ? undefined : `${input}: the account of this live input is suspended`;
}
