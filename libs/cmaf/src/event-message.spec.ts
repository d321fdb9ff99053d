import * as fc from 'fast-check';
import type { CmafError } from './cmaf-error.ts';
import { readEventMessages } from './event-message.ts';
import { ascii, box, concat, emsg, fullBox, prft, styp, u32, u8 } from '../testing/boxes.ts';

const version0 = (over: { timescale?: number; text?: Uint8Array; tail?: Uint8Array } = {}): Uint8Array =>
  fullBox(
    'emsg',
    0,
    0,
    over.text ?? ascii('urn:example\0v\0'),
    over.tail ?? concat(u32(over.timescale ?? 90_000), u32(45_000), u32(180_000), u32(7), ascii('data')),
  );

const version1 = (id = 9) =>
  emsg({
    schemeIdUri: 'urn:example:1',
    value: '3',
    timescale: 1000,
    presentationTimeTicks: 17_000_000_000_000_001n,
    id,
  });

const media = concat(box('moof'), box('mdat'));

describe('readEventMessages', () => {
  it('reads version 0, whose time counts from the chunk', () => {
    expect(readEventMessages(concat(styp(), version0(), media))).toEqual([
      {
        version: 0,
        schemeIdUri: 'urn:example',
        value: 'v',
        timescale: 90_000,
        presentationTimeDeltaTicks: 45_000,
        durationTicks: 180_000,
        id: 7,
        messageData: ascii('data'),
      },
    ]);
  });

  it('reads version 1, whose time is on the timeline beyond 2^53 and whose duration is unknown', () => {
    expect(readEventMessages(concat(version1(), media))).toEqual([
      {
        version: 1,
        schemeIdUri: 'urn:example:1',
        value: '3',
        timescale: 1000,
        presentationTimeTicks: 17_000_000_000_000_001n,
        durationTicks: undefined,
        id: 9,
        messageData: u8(),
      },
    ]);
  });

  it('reads every message of a chunk in its order, wherever it stands among the top-level boxes', () => {
    const chunk = concat(
      styp(),
      version1(1),
      prft(1, 1n << 40n, 0n),
      version0(),
      box('moof', version1(2)),
      version1(3),
      box('mdat'),
    );
    expect(readEventMessages(chunk).map(({ id }) => id)).toEqual([1, 7, 3]);
  });

  it.each([
    ['without its strings', version0({ text: ascii('urn'), tail: u8() })],
    ['with one string', version0({ text: ascii('urn\0'), tail: u8(1) })],
    ['with strings that reach into the next box', fullBox('emsg', 1, 0, new Uint8Array(20), ascii('urn'))],
    ['cut short after its strings', version0({ tail: u32(90_000) })],
    ['cut short before its strings', fullBox('emsg', 1, 0, u32(90_000))],
    ['of no version', box('emsg')],
    ['of version 2', fullBox('emsg', 2, 0, new Uint8Array(40))],
    ['with timescale 0', version0({ timescale: 0 })],
  ])('leaves out an emsg %s, says so, and keeps the others', (_, broken) => {
    const errors: CmafError[] = [];
    const messages = readEventMessages(concat(version1(1), broken, version1(2), media), (error) => errors.push(error));
    expect(messages.map(({ id }) => id)).toEqual([1, 2]);
    expect(errors).toEqual([expect.objectContaining({ code: 'fragment_malformed' })]);
  });

  it('keeps what came before bytes that are no box', () => {
    const errors: CmafError[] = [];
    expect(readEventMessages(concat(version1(), u8(0, 0, 0)), (error) => errors.push(error))).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  it('reads no more than its limit of one chunk', () => {
    const errors: CmafError[] = [];
    const chunk = concat(...Array.from({ length: 300 }, (_, index) => version1(index)), media);
    expect(readEventMessages(chunk, (error) => errors.push(error))).toHaveLength(256);
    expect(errors).toHaveLength(1);
  });

  it('gives back what was written, whatever the message data', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', 'Z', '9'), maxLength: 30 });
    const messages = fc.record({
      schemeIdUri: text,
      value: text,
      timescale: fc.integer({ min: 1, max: 0xffff_ffff }),
      presentationTimeTicks: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      durationTicks: fc.integer({ min: 0, max: 0xffff_fffe }),
      id: fc.integer({ min: 0, max: 0xffff_ffff }),
      messageData: fc.uint8Array({ maxLength: 60 }),
    });
    fc.assert(
      fc.property(messages, (message) => {
        expect(readEventMessages(emsg(message))).toEqual([{ version: 1, ...message }]);
      }),
    );
  });
});
