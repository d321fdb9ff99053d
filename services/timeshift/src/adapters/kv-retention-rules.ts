import { Injectable } from '@nestjs/common';
import type { KvMirror } from '#shared/messaging';
import { LiveInputRow, type liveInputsBucket } from '#shared/contracts';
import { RetentionRules } from '../ports.ts';

const DEFAULT_DAYS = LiveInputRow.shape.retentionDays.parse(undefined);

/** Retention from the rows of live inputs; an input without a row keeps the default. */
@Injectable()
export class KvRetentionRules extends RetentionRules {
  constructor(private readonly inputs: KvMirror<(typeof liveInputsBucket)['row']>) {
    super();
  }

  override retentionDays(inputId: string): number {
    return this.inputs.get(inputId)?.retentionDays ?? DEFAULT_DAYS;
  }
}
