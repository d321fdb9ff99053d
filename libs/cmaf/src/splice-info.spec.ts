import * as fc from 'fast-check';
import { readScte35 } from './splice-info.ts';

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

/** The sample messages of SCTE 35, section 14. */
const PLACEMENT_START = '/DA0AAAAAAAA///wBQb+cr0AUAAeAhxDVUVJSAAAjn/PAAGlmbAICAAAAAAsoKGKNAIAmsnRfg==';
const SPLICE_INSERT = '/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=';
const PLACEMENT_END = '/DAvAAAAAAAA///wBQb+dGKQoAAZAhdDVUVJSAAAjn+fCAgAAAAALKChijUCAKnMZ1g=';
const PROGRAM_START_AND_END =
  '/DBIAAAAAAAA///wBQb+ek2ItgAyAhdDVUVJSAAAGH+fCAgAAAAALMvDRBEAAAIXQ1VFSUgAABl/nwgIAAAAACyk26AQAACZcuND';

/** splice_insert() ahead of an empty descriptor loop; the CRC is not looked at. */
const spliceInsert = (...command: number[]): Uint8Array => {
  const body = [0, 0, 0, 0, 0, 0, 0, 0xff, 0xf0, command.length, 5, ...command, 0, 0, 1, 2, 3, 4];
  return Uint8Array.of(0xfc, 0x30, body.length, ...body);
};

describe('readScte35', () => {
  it.each([
    [
      'a splice_insert out of the network',
      SPLICE_INSERT,
      { role: 'out', eventId: 0x4800008f, durationMs: 60_293.566_667 },
    ],
    [
      'the start of a placement opportunity',
      PLACEMENT_START,
      { role: 'out', eventId: 0x4800008e, durationMs: 307_000 },
    ],
    ['its end', PLACEMENT_END, { role: 'in', eventId: 0x4800008e }],
    ['a program boundary', PROGRAM_START_AND_END, { role: 'cmd', eventId: 0x48000018 }],
  ])('reads %s', (_, base64, { durationMs, ...facts }: { role: string; eventId: number; durationMs?: number }) => {
    const info = readScte35(bytesOf(base64));
    expect(info).toMatchObject({ ...facts, hex: `0x${Buffer.from(base64, 'base64').toString('hex').toUpperCase()}` });
    if (durationMs === undefined) expect(info).not.toHaveProperty('durationMs');
    else expect(info?.durationMs).toBeCloseTo(durationMs, 5);
  });

  it.each([
    ['back to the network, at once', [0, 0, 0, 5, 0x7f, 0x5f, 0, 0, 0, 0], { role: 'in', eventId: 5 }],
    ['that is cancelled', [0, 0, 0, 6, 0xff], { role: 'cmd', eventId: 6 }],
    [
      'at once with a break of a day',
      [0, 0, 0, 7, 0x7f, 0xff, 0xfe, 0xcf, 0x7c, 0x8a, 0x00, 0, 0, 0, 0],
      { role: 'out', durationMs: 0xcf7c8a00 / 90 },
    ],
    [
      'of two components, one with a time',
      [0, 0, 0, 8, 0x7f, 0xaf, 2, 1, 0xff, 0, 0, 0, 1, 2, 0x7f, 0xfe, 0, 0, 0x46, 0x50, 0, 0, 0, 0],
      { role: 'out', durationMs: 200 },
    ],
    [
      'with a break longer than 32 bits say',
      [0, 0, 0, 9, 0x7f, 0xff, 0xff, 0, 0, 0, 90, 0, 0, 0, 0],
      { role: 'out', durationMs: (2 ** 32 + 90) / 90 },
    ],
  ])('reads a splice_insert %s', (_, command, facts) => {
    expect(readScte35(spliceInsert(...command))).toMatchObject(facts);
  });

  it('finds the descriptors when the length of the command is not stated', () => {
    const section = bytesOf(PLACEMENT_START);
    section[11]! |= 0x0f;
    section[12] = 0xff;
    expect(readScte35(section)).toMatchObject({ role: 'out', durationMs: 307_000 });
  });

  it('leaves padding after the section out', () => {
    const section = bytesOf(SPLICE_INSERT);
    expect(readScte35(Uint8Array.of(...section, 0xff, 0xff))).toEqual(readScte35(section));
  });

  it('does not look into an encrypted section', () => {
    const section = bytesOf(SPLICE_INSERT);
    section[4]! |= 0x80;
    expect(readScte35(section)).toEqual({ role: 'cmd', hex: expect.any(String) });
  });

  it('passes a section on whose command ends too soon', () => {
    expect(readScte35(spliceInsert())).toMatchObject({ role: 'cmd' });
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['another table', Uint8Array.of(0xfb, ...bytesOf(SPLICE_INSERT).slice(1))],
    ['a section cut short', bytesOf(SPLICE_INSERT).slice(0, -1)],
    ['XML', new TextEncoder().encode('<SpliceInfoSection/>')],
  ])('is undefined for %s', (_, bytes) => {
    expect(readScte35(bytes)).toBeUndefined();
  });

  it('never throws, and its hexadecimal is the section', () => {
    const bytes = fc
      .tuple(
        fc.constantFrom(SPLICE_INSERT, PLACEMENT_START, PROGRAM_START_AND_END),
        fc.array(fc.tuple(fc.nat(50), fc.nat(255))),
      )
      .map(([base64, edits]) => {
        const section = bytesOf(base64);
        for (const [at, value] of edits) if (at > 2 && at < section.length) section[at] = value;
        return section;
      });
    fc.assert(
      fc.property(bytes, (section) => {
        expect(readScte35(section)?.hex).toBe(`0x${Buffer.from(section).toString('hex').toUpperCase()}`);
      }),
      { numRuns: 500 },
    );
  });
});
