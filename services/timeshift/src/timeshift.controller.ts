import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  COVERAGE_PATTERN,
  CoverageRequest,
  HOUR_BLOB_PATTERN,
  HourBlobRequest,
  type CoverageReply,
  type HourBlobReply,
} from '#shared/contracts';
import { TimelineIndex } from '#shared/timeline-index';
import { isHourExpired, retainedFromMs } from './domain/retention.ts';
import { RetentionRules } from './ports.ts';

/** The bus door: the timeline index as playback asks for it. Every node answers, holder of the input's partition or not. */
@Controller()
export class TimeshiftController {
  constructor(
    @Inject(TimelineIndex) private readonly index: TimelineIndex,
    @Inject(RetentionRules) private readonly rules: RetentionRules,
  ) {}

  @MessagePattern<string>(HOUR_BLOB_PATTERN)
  async hourBlob(@Payload() payload: unknown): Promise<HourBlobReply> {
    const { inputId, hour, knownTag } = HourBlobRequest.parse(payload);
    if (isHourExpired(hour, this.#retainedFromMs(inputId))) return { kind: 'none' };
    const blob = await this.index.hour(inputId, hour);
    if (blob === undefined) return { kind: 'none' };
    if (blob.tag === knownTag) return { kind: 'unchanged' };
    const { buffer, byteOffset, byteLength } = blob.bytes;
    return { kind: 'blob', tag: blob.tag, base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
  }

  /** Lists stop at `retainedFromMs` at once; the sweeper removes hours and bytes later (time-shift.md D-21). */
  @MessagePattern<string>(COVERAGE_PATTERN)
  async coverage(@Payload() payload: unknown): Promise<CoverageReply> {
    const { inputId } = CoverageRequest.parse(payload);
    const retainedFrom = this.#retainedFromMs(inputId);
    const hours = (await this.index.hours(inputId)).filter((hour) => !isHourExpired(hour, retainedFrom));
    return { hours, retainedFromMs: retainedFrom };
  }

  #retainedFromMs(inputId: string): number {
    return retainedFromMs(Date.now(), this.rules.retentionDays(inputId));
  }
}
