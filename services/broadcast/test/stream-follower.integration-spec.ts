import { randomBytes } from 'node:crypto';
import { EVENTS_STREAM, InputEvent, inputEventSubject } from '#shared/contracts';
import { connectBus, publishFact, type Bus } from '#shared/messaging';
import { loadConfig, natsEnv } from '#shared/config';
import { backendsFromEnvironment } from '#shared/testing';
import { z } from 'zod';
import { StreamFollower } from '../src/adapters/stream-follower.ts';

const FACTS = ['publisher_connected', 'publisher_disconnected', 'publisher_rejected'] as const;
const INPUTS = 60;
const STARTS = 12;

describe('StreamFollower', () => {
  let bus: Bus;

  beforeAll(async () => {
    const environment = { NATS_URL: backendsFromEnvironment().NATS_URL, MEDIA_MAX_BYTES: '100000000' };
    bus = await connectBus('follower-test', loadConfig(z.object(natsEnv), environment));
  });
  afterAll(() => bus?.close());

  it('is ready after the newest message of every subject, however many subjects there are', async () => {
    const mark = randomBytes(6).toString('hex');
    const inputIds = Array.from({ length: INPUTS }, (_, index) => `li_${mark}${index}`);
    for (const [index, inputId] of inputIds.entries()) {
      for (const fact of FACTS.slice(0, 1 + (index % FACTS.length))) {
        await publishFact(bus, inputEventSubject.format({ inputId, fact }), InputEvent.encode(eventOf(inputId, fact)));
      }
    }
    for (let start = 0; start < STARTS; start += 1) {
      const seen = new Set<string>();
      const follower = new StreamFollower(bus, {
        stream: EVENTS_STREAM,
        subjects: FACTS.map((fact) => inputEventSubject.pattern({ fact })),
        onMessage: (message) => seen.add(message.subject),
        onBadMessage: (_subject, error) => {
          throw error;
        },
      });
      await follower.start();
      for (const inputId of inputIds) {
        expect(seen).toContain(inputEventSubject.format({ inputId, fact: 'publisher_connected' }));
      }
      await follower.stop();
    }
  }, 20_000);
});

const eventOf = (inputId: string, fact: (typeof FACTS)[number]): InputEvent => {
  const facts = { inputId, atMs: 1000 };
  if (fact === 'publisher_connected') return { fact, ...facts, sessionId: 's', userAgent: 'test' };
  if (fact === 'publisher_disconnected') return { fact, ...facts, sessionId: 's', reason: 'finished', detail: '' };
  return { fact, ...facts, code: 'test', detail: '' };
};
