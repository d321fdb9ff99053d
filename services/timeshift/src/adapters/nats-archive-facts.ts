import { Injectable } from '@nestjs/common';
import type { ClientProxy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { publishFact, type Bus } from '#shared/messaging';
import { ARCHIVED_PATTERN, inputEventSubject, type Archived, type InputEvent } from '#shared/contracts';
import { ArchiveFacts, type LostRange } from '../ports.ts';

/** Facts of the archive: durable ranges as Nest events, losses in EVENTS. */
@Injectable()
export class NatsArchiveFacts extends ArchiveFacts {
  constructor(
    private readonly bus: Bus,
    private readonly client: ClientProxy,
  ) {
    super();
  }

  override async archived(inputId: string, trackId: number, throughMediaSequence: number): Promise<void> {
    const fact: Archived = { inputId, trackId, throughMediaSequence };
    await lastValueFrom(this.client.emit(ARCHIVED_PATTERN, fact), { defaultValue: undefined });
  }

  override async lost(range: LostRange): Promise<void> {
    const { inputId, trackId, fromMediaSequence, toMediaSequence } = range;
    const event: InputEvent = { fact: 'archive_lost', atMs: Date.now(), ...range };
    await publishFact(this.bus, inputEventSubject.format({ inputId, fact: event.fact }), event, {
      // A repeat after a restart is the same fact.
      messageId: `archive_lost:${inputId}:${trackId}:${fromMediaSequence}-${toMediaSequence}`,
    });
  }
}
