import { Clock, InitSegments } from '../ports.ts';
import { InitBytes } from './init-bytes.store.ts';

const FIRST = 'aa'.repeat(32);
const SECOND = `${'aa'.repeat(8)}${'bb'.repeat(24)}`;
const ARCHIVED = 'cc'.repeat(32);

class StoppedClock extends Clock {
  now = 1_000_000;

  nowMs(): number {
    return this.now;
  }
}

class InitsInMemory extends InitSegments {
  readonly bus = [FIRST];
  listings = 0;
  gets = 0;

  async get(_inputId: string, initSha256: string): Promise<Buffer | undefined> {
    this.gets += 1;
    return this.bus.includes(initSha256) ? Buffer.from(initSha256) : undefined;
  }

  async hashesOnBus(): Promise<string[]> {
    this.listings += 1;
    return [...this.bus];
  }

  async hashesInArchive(): Promise<string[]> {
    this.listings += 1;
    return [ARCHIVED];
  }
}

describe('InitBytes', () => {
  it('finds the one hash that begins with the digits of a URL, on the bus or in the archive', async () => {
    const inits = new InitBytes(new InitsInMemory(), new StoppedClock());
    expect(await inits.complete('li_1', FIRST.slice(0, 16))).toBe(FIRST);
    expect(await inits.complete('li_1', ARCHIVED.slice(0, 16))).toBe(ARCHIVED);
  });

  it('does not guess between two', async () => {
    const source = new InitsInMemory();
    source.bus.push(SECOND);
    const inits = new InitBytes(source, new StoppedClock());
    expect(await inits.complete('li_1', FIRST.slice(0, 16))).toBeUndefined();
  });

  it('lists once a second, however many digits are tried', async () => {
    const source = new InitsInMemory();
    const clock = new StoppedClock();
    const inits = new InitBytes(source, clock);
    for (let i = 0; i < 100; i += 1) await inits.complete('li_1', String(i).padStart(16, '0'));
    expect(source.listings).toBe(2);
    clock.now += 1000;
    await inits.complete('li_1', '0'.repeat(16));
    expect(source.listings).toBe(4);
  });

  it('fetches once for all who ask', async () => {
    const source = new InitsInMemory();
    const inits = new InitBytes(source, new StoppedClock());
    const all = await Promise.all(Array.from({ length: 50 }, () => inits.get('li_1', FIRST)));
    expect(new Set(all).size).toBe(1);
    expect(source.gets).toBe(1);
  });
});
