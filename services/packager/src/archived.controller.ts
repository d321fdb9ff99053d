import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ARCHIVED_PATTERN, Archived } from '#shared/contracts';
import { PackagerService } from './packager.service.ts';

/** What timeshift tells the packager; every packager hears it, the holder of the partition acts. */
@Controller()
export class ArchivedController {
  readonly #packager: PackagerService;

  constructor(@Inject(PackagerService) packager: PackagerService) {
    this.#packager = packager;
  }

  @EventPattern<string>(ARCHIVED_PATTERN)
  archived(@Payload() payload: unknown): void {
    const event = Archived.safeParse(payload);
    if (event.success) this.#packager.archived(event.data);
  }
}
