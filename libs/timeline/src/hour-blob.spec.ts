import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { entriesOf, entryOf, ORIGIN_MS } from '../test/entries.ts';
import { decodeHourBlob, encodeHourBlob } from './hour-blob.ts';
import { mergeEntries, type SegmentEntry } from './segment-entry.ts';
import { TimelineError } from './timeline-error.ts';

const HOUR_US = 3_600_000_000;
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const fewStrings = fc.constantFrom('', 'a/1.cmaf', 'ä/\uFEFF2.cmaf', 'b'.repeat(300));

const someEntry: fc.Arbitrary<SegmentEntry> = fc
  .record({
    trackId: fc.oneof(fc.integer({ min: 1, max: 3 }), uint32),
    epoch: fc.oneof(fc.nat(2), fc.maxSafeNat()),
    mediaSequence: fc.oneof(fc.nat(30), fc.maxSafeNat()),
    startUs: fc.nat(HOUR_US - 1),
    durationUs: uint32,
    discontinuitySequence: fc.oneof(fc.nat(2), fc.maxSafeNat()),
    initSha256: fc.oneof(fc.constant('0'.repeat(64)), sha256),
    sizeBytes: uint32,
    sha256,
    objectKey: fewStrings,
    offsetBytes: uint32,
  })
  .map(({ startUs, durationUs, ...entry }) => ({
    ...entry,
    startEpochMs: (ORIGIN_MS * 1000 + startUs) / 1000,
    durationMs: durationUs / 1000,
  }));

const someHour = fc.uniqueArray(someEntry, {
  maxLength: 40,
  selector: ({ trackId, mediaSequence }) => `${trackId}/${mediaSequence}`,
});

/** Puts a right checksum under a body, so that only the format is left to judge it. */
function sealed(body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(body.length + 4);
  bytes.set(body);
  bytes.writeUInt32BE(crc32(body), body.length);
  return bytes;
}

describe('hour blob', () => {
  it('gives every entry back, ascending', () => {
    fc.assert(
      fc.property(someHour, (entries) => {
        expect(decodeHourBlob(encodeHourBlob(entries))).toEqual(mergeEntries(entries, []));
      }),
    );
  });

  it.each<Partial<SegmentEntry>>([
    { trackId: 2 },
    { epoch: 2 },
    { discontinuitySequence: 1 },
    { initSha256: 'c'.repeat(64) },
    { mediaSequence: 9 },
  ])('keeps apart neighbours that differ only in %j', (changes) => {
    const entries = [entryOf(0), entryOf(1, changes), entryOf(2, { ...changes, mediaSequence: 10 })];
    expect(decodeHourBlob(encodeHourBlob(entries))).toEqual(entries);
  });

  it('is the same bytes whatever the order of the entries', () => {
    fc.assert(
      fc.property(someHour, (entries) => {
        expect(Buffer.compare(encodeHourBlob(entries.toReversed()), encodeHourBlob(entries))).toBe(0);
      }),
    );
  });

  it('costs 18 bytes and the hash per segment', () => {
    const [longer, shorter] = [1800, 800].map((count) => encodeHourBlob(entriesOf(count)).length);
    expect(longer! - shorter!).toBe(1000 * (18 + 32));
  });

  it('is refused when any single byte is other than it was', () => {
    const blob = encodeHourBlob([...entriesOf(3), entryOf(1, { trackId: 2 })]);
    fc.assert(
      fc.property(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 255 }), (position, change) => {
        const corrupt = Uint8Array.from(blob);
        corrupt[position] = corrupt[position]! ^ change;
        expect(() => decodeHourBlob(corrupt)).toThrow(TimelineError);
      }),
    );
  });

  it('is refused when it is cut short or goes on', () => {
    const blob = encodeHourBlob(entriesOf(3));
    for (let length = 0; length < blob.length; length++) {
      expect(() => decodeHourBlob(blob.subarray(0, length))).toThrow(TimelineError);
    }
    expect(() => decodeHourBlob(Buffer.concat([blob, Buffer.alloc(1)]))).toThrow(TimelineError);
  });

  it('throws only TimelineError on bodies that carry a right checksum and break the format', () => {
    const body = encodeHourBlob(entriesOf(3)).subarray(0, -4);
    const mutation = fc.record({ position: fc.nat(body.length - 1), value: fc.nat(255), length: fc.nat(body.length) });
    fc.assert(
      fc.property(mutation, ({ position, value, length }) => {
        const mutated = Uint8Array.from(body);
        mutated[position] = value;
        for (const candidate of [mutated, mutated.subarray(0, length)]) {
          try {
            decodeHourBlob(sealed(candidate));
          } catch (error) {
            expect(error).toBeInstanceOf(TimelineError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('says which version it expected', () => {
    const body = Uint8Array.from(encodeHourBlob([]).subarray(0, -4));
    body[4] = 2;
    expect(() => decodeHourBlob(sealed(body))).toThrow('version of hour blob: expected 1, got 2');
  });

  it('believes no run length that its bytes cannot hold', () => {
    const body = Buffer.from(encodeHourBlob(entriesOf(1)).subarray(0, -4));
    body.writeUInt32BE(0xffff_ffff, body.length - 54);
    expect(() => decodeHourBlob(sealed(body))).toThrow('run: expected 4294967295 rows, got 50 bytes');
  });

  it.each<[string, Partial<SegmentEntry>, RegExp]>([
    [
      'an entry of another hour',
      { startEpochMs: ORIGIN_MS + 3_600_000 },
      /expected entries of hour 498684, got one of 498685/,
    ],
    [
      'a size beyond 32 bits',
      { sizeBytes: 2 ** 32 },
      /sizeBytes: expected an integer from 0 to 4294967295, got 4294967296/,
    ],
    ['a negative offset', { offsetBytes: -1 }, /offsetBytes: expected an integer.*got -1/],
    ['a fraction of a track', { trackId: 1.5 }, /trackId: expected an integer.*got 1.5/],
    ['an epoch beyond 2\\^53', { epoch: 2 ** 53 }, /epoch: expected an integer from 0 to 2\^53 - 1/],
    [
      'a duration that is no number',
      { durationMs: Number.NaN },
      /duration in microseconds: expected an integer.*got NaN/,
    ],
    ['a hash of upper case', { sha256: 'A'.repeat(64) }, /sha256: expected 64 lower-case hex digits/],
    ['an init hash that is short', { initSha256: 'ab' }, /initSha256: expected 64 lower-case hex digits/],
    ['an object key that is no text', { objectKey: '\uD800' }, /objectKey: expected well-formed text/],
    [
      'an object key without end',
      { objectKey: 'a'.repeat(65_536) },
      /objectKey length: expected an integer from 0 to 65535/,
    ],
  ])('refuses to hold %s', (_, changes, message) => {
    const entries = [entryOf(0), entryOf(1, changes)];
    expect(() => encodeHourBlob(entries)).toThrow(TimelineError);
    expect(() => encodeHourBlob(entries)).toThrow(message);
  });
});
