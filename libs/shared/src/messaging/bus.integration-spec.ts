import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { callEventSubject, EVENTS_STREAM } from '../contracts/index.ts';
import { backendsFromEnvironment, eventually } from '../testing/index.ts';
import { connectBus, KvConflictError, KvMirror, publishFact, readStream, type Bus } from './index.ts';

const options = { ...backendsFromEnvironment(), BUS_REPLICAS: 1, MEDIA_MAX_AGE_SEC: 900, MEDIA_MAX_BYTES: 268_435_456 };
const unique = (): string => randomBytes(8).toString('hex');

describe('the bus', () => {
  let bus: Bus;
  beforeAll(async () => {
    bus = await connectBus('bus-spec', options);
  });
  afterAll(() => bus.close());

  it('can be connected by several services at once, each making the same streams', async () => {
    const others = await Promise.all([1, 2, 3].map((n) => connectBus(`bus-spec-${n}`, options)));
    expect(others.every((other) => other.isConnected())).toBe(true);
    await Promise.all(others.map((other) => other.close()));
  });

  it('lets exactly one of two facts with the same expectation become true', async () => {
    const subject = callEventSubject.format({ callKey: unique() });
    const first = await publishFact(bus, subject, { n: 1 }, { expectedLastSequence: 0 });
    await expect(publishFact(bus, subject, { n: 2 }, { expectedLastSequence: 0 })).rejects.toThrow(KvConflictError);
    await publishFact(bus, subject, { n: 3 }, { expectedLastSequence: first });
    const reader = await readStream(bus, EVENTS_STREAM, { subjects: [subject], from: { sequence: 1 } });
    const bodies: unknown[] = [];
    for await (const message of reader.messages) {
      bodies.push(message.json());
      if (bodies.length === 2) break;
    }
    await reader.stop();
    expect(bodies).toEqual([{ n: 1 }, { n: 3 }]);
  });

  it('gives the newest message of each subject, not one less, and then what comes', async () => {
    const mark = unique();
    const subjects = Array.from({ length: 600 }, (_, index) => callEventSubject.format({ callKey: `${mark}${index}` }));
    await Promise.all(subjects.map((subject) => publishFact(bus, subject, { n: 'old '.repeat(40) })));
    await Promise.all(subjects.map((subject) => publishFact(bus, subject, { n: 'new '.repeat(40) })));
    const reader = await readStream(bus, EVENTS_STREAM, {
      subjects: [callEventSubject.pattern()],
      from: 'last_per_subject',
    });
    const seen = new Set<string>();
    for await (const message of reader.messages) {
      if (message.subject.includes(mark)) expect(message.json<{ n: string }>().n).toContain('new');
      seen.add(message.subject);
      if (message.info.pending === 0) break;
    }
    await reader.stop();
    expect(subjects.filter((subject) => !seen.has(subject))).toEqual([]);
  });

  it('keeps rows by compare-and-set and mirrors every change', async () => {
    const table = await bus.table({ name: `spec_${unique()}`, row: z.object({ n: z.number() }), ttlMs: 0 });
    const empty = new KvMirror<z.ZodObject<{ n: z.ZodNumber }>>();
    await empty.start(table);
    const revision = await table.create('a', { n: 1 });
    await expect(table.create('a', { n: 9 })).rejects.toThrow(KvConflictError);
    await table.update('a', { n: 2 }, revision);
    await expect(table.update('a', { n: 9 }, revision)).rejects.toThrow(KvConflictError);
    await table.put('b', { n: 3 });
    await eventually(() => empty.get('b')?.n === 3, { what: 'the mirror sees b' });
    expect(empty.get('a')).toEqual({ n: 2 });

    const late = new KvMirror<z.ZodObject<{ n: z.ZodNumber }>>();
    await late.start(table);
    expect(late.values()).toEqual(expect.arrayContaining([{ n: 2 }, { n: 3 }]));
    await table.delete('a');
    await eventually(() => late.get('a') === undefined, { what: 'the mirror drops a' });
    const row = { key: 'b', value: { n: 3 }, revision: expect.any(Number), storedAtMs: expect.any(Number) };
    await expect(table.list()).resolves.toEqual([row]);
    empty.stop();
    late.stop();
  });
});
