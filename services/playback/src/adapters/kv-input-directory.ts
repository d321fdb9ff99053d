import type { liveInputsBucket, LiveInputRow } from '#shared/contracts';
import { KvMirror, type KvTable } from '#shared/messaging';
import type { StreamRef } from '../domain/route.ts';
import { InputDirectory } from '../ports.ts';

/** Live inputs by every name they have, kept by a watch on the bucket. */
export class KvInputDirectory extends InputDirectory {
  readonly #mirror = new KvMirror<(typeof liveInputsBucket)['row']>();
  readonly #rows = new Map<string, LiveInputRow>();
  readonly #idsByName = new Map<string, string>();

  /** Resolves once every row is known. `onChange` hears of each input that changed or went. */
  async start(table: KvTable<(typeof liveInputsBucket)['row']>, onChange: (inputId: string) => void): Promise<void> {
    this.#mirror.onChange((inputId, row) => {
      this.#replace(inputId, row);
      onChange(inputId);
    });
    await this.#mirror.start(table);
  }

  stop(): void {
    this.#mirror.stop();
  }

  byRef({ app, stream }: StreamRef): LiveInputRow | undefined {
    return this.#byName(streamName(app, stream));
  }

  byId(inputId: string): LiveInputRow | undefined {
    return this.#rows.get(inputId);
  }

  byIdentity(identity: string): LiveInputRow | undefined {
    return this.#byName(identityName(identity));
  }

  #byName(name: string): LiveInputRow | undefined {
    const inputId = this.#idsByName.get(name);
    return inputId === undefined ? undefined : this.#rows.get(inputId);
  }

  #replace(inputId: string, row: LiveInputRow | undefined): void {
    const before = this.#rows.get(inputId);
    for (const name of before === undefined ? [] : namesOf(before)) {
      if (this.#idsByName.get(name) === inputId) this.#idsByName.delete(name);
    }
    if (row === undefined) {
      this.#rows.delete(inputId);
      return;
    }
    this.#rows.set(inputId, row);
    for (const name of namesOf(row)) this.#idsByName.set(name, inputId);
  }
}

const namesOf = (row: LiveInputRow): string[] => [
  streamName('live', row.id),
  streamName('live', row.externalId),
  streamName(row.app, row.stream ?? row.externalId),
  ...row.identities.map(identityName),
];

const streamName = (app: string, stream: string): string => `stream:${app}/${stream}`;

/** Handles are compared in lower case, DIDs as they are (atproto syntax). */
const identityName = (identity: string): string =>
  `identity:${identity.startsWith('did:') ? identity : identity.toLowerCase()}`;
