import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { signingKeyOf } from './chain-signature.ts';
import { CHAIN_START, nextChainValue } from './hash-chain.ts';
import { SegmentReport, type TrackReport } from './report.ts';
import { trustedKeys, verifyBytes, verifyLinks, type ServedSegment } from './verify-links.ts';

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const originKey = signingKeyOf(Buffer.alloc(32, 1).toString('base64url'));
const foreignKey = signingKeyOf(Buffer.alloc(32, 2).toString('base64url'));
const keys = trustedKeys([originKey.publicKey]);
const TRACK = { inputId: 'li_abcdefgh', trackId: 1 };

const INIT = Buffer.from('init');
const chunksOf = (mediaSequence: number): Buffer[] =>
  [0, 1, 2].map((index) => Buffer.from(`${mediaSequence}/${index}`));
const mediaOf = (mediaSequence: number): Buffer => Buffer.concat(chunksOf(mediaSequence));

/** What an honest origin reports of a stream of this many segments; the fourth one is a gap. */
function reportOf(count: number, signer = originKey): SegmentReport[] {
  let previousChain = CHAIN_START;
  return Array.from({ length: count }, (_, mediaSequence) => {
    const epoch = mediaSequence < 3 ? 0 : 1;
    const isGap = mediaSequence === 3;
    const chunks = isGap
      ? []
      : chunksOf(mediaSequence).map((bytes) => ({ sizeBytes: bytes.length, sha256: sha256Of(bytes) }));
    const link = { epoch, mediaSequence, initSha256: sha256Of(INIT), chunks };
    const chain = nextChainValue(previousChain, link);
    const segment: SegmentReport = {
      ...{ mediaSequence, epoch, chunks, previousChain, chain },
      startEpochMs: mediaSequence * 2000,
      durationMs: 2000,
      ...(isGap ? { gap: true } : {}),
      init: { sha256: link.initSha256, contentCredentials: false },
      sizeBytes: chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0),
      contentCredentials: false,
      signature: signer.sign({ ...TRACK, epoch, mediaSequence, chain }),
    };
    previousChain = chain;
    return segment;
  });
}

const verify = (segments: readonly SegmentReport[], over: Partial<TrackReport> = {}, trusted = keys) =>
  verifyLinks({ ...TRACK, ...over, segments: [...segments] }, trusted).map(({ mediaSequence, code }) => [
    mediaSequence,
    code,
  ]);

const replaced = (segments: readonly SegmentReport[], at: number, over: Partial<SegmentReport>): SegmentReport[] =>
  segments.map((segment, index) => (index === at ? { ...segment, ...over } : segment));

/** What somebody would report who has changed a segment and recomputes all that needs no key. */
function rechained(segments: readonly SegmentReport[]): SegmentReport[] {
  let previousChain = segments[0]?.previousChain ?? CHAIN_START;
  return segments.map((segment) => {
    const chain = nextChainValue(previousChain, { ...segment, initSha256: segment.init.sha256 });
    const link = { ...segment, previousChain, chain };
    previousChain = chain;
    return link;
  });
}

const honest = reportOf(8);

describe('verifyLinks', () => {
  it('finds nothing in an honest report, from the start or from anywhere, over a gap and an epoch', () => {
    expect(verify(honest)).toEqual([]);
    expect(verify(honest.slice(5))).toEqual([]);
    expect(honest.map((segment) => SegmentReport.parse(segment))).toEqual(honest);
  });

  it('takes the value before a segment from the segment before, where the origin has forgotten it', () => {
    expect(verify(replaced(honest, 4, { previousChain: null }))).toEqual([]);
    expect(verify(replaced(honest, 0, { previousChain: null }))).toEqual([]);
    expect(verify(replaced(honest.slice(4), 0, { previousChain: null }))).toEqual([[4, 'chain_broken']]);
  });

  it.each<[string, (segments: SegmentReport[]) => SegmentReport[], number]>([
    [
      'another hash of a chunk',
      (s) => replaced(s, 4, { chunks: [{ ...s[4]!.chunks[0]!, sha256: sha256Of(INIT) }, ...s[4]!.chunks.slice(1)] }),
      4,
    ],
    ['two chunks swapped', (s) => replaced(s, 4, { chunks: s[4]!.chunks.toReversed() }), 4],
    ['a chunk left out', (s) => replaced(s, 4, { chunks: s[4]!.chunks.slice(1) }), 4],
    [
      'another init segment',
      (s) => replaced(s, 4, { init: { sha256: sha256Of(Buffer.from('x')), contentCredentials: null } }),
      4,
    ],
    ['another epoch', (s) => replaced(s, 4, { epoch: 2 }), 4],
    ['media in place of a gap', (s) => replaced(s, 3, { chunks: s[2]!.chunks }), 3],
  ])('finds %s', (_, tamper, at) => {
    expect(verify(tamper(honest))).toContainEqual([at, 'chain_broken']);
    expect(verify(rechained(tamper(honest)))).toContainEqual([at, 'signature_bad']);
  });

  it('finds a value that is not that of its segment', () => {
    const [forged] = replaced(honest.slice(4), 0, { chain: sha256Of(INIT) });
    expect(verify([forged!])).toEqual([
      [4, 'chain_broken'],
      [4, 'signature_bad'],
    ]);
  });

  it('finds a segment dropped, with the numbers left alone or not', () => {
    const dropped = honest.filter(({ mediaSequence }) => mediaSequence !== 5);
    expect(verify(dropped)).toEqual([[6, 'chain_broken']]);
    const renumbered = dropped.map((segment, mediaSequence) => ({ ...segment, mediaSequence }));
    expect(verify(renumbered)).toContainEqual([5, 'chain_broken']);
    expect(verify(rechained(renumbered))).toContainEqual([5, 'signature_bad']);
  });

  it('finds two segments swapped and one given twice', () => {
    const [a, b, ...others] = honest;
    expect(verify([b!, a!, ...others])).toContainEqual([0, 'chain_broken']);
    expect(verify([a!, a!, b!, ...others])).toContainEqual([0, 'chain_broken']);
  });

  it('finds the signature of another key, of another track, and none', () => {
    expect(verify(reportOf(3, foreignKey))).toEqual([0, 1, 2].map((at) => [at, 'signature_bad']));
    expect(verify(honest.slice(0, 1), { trackId: 2 })).toEqual([[0, 'signature_bad']]);
    expect(verify(honest.slice(0, 1), { inputId: 'li_other000' })).toEqual([[0, 'signature_bad']]);
    expect(verify(replaced(honest.slice(0, 1), 0, { signature: null }))).toEqual([[0, 'signature_bad']]);
    expect(verify(honest.slice(0, 1), {}, trustedKeys([]))).toEqual([[0, 'signature_bad']]);
  });

  it('finds a foreign signature that claims the id of the key', () => {
    const { value } = foreignKey.sign({ ...TRACK, ...honest[0]! });
    expect(verify(replaced(honest.slice(0, 1), 0, { signature: { keyId: originKey.keyId, value } }))).toEqual([
      [0, 'signature_bad'],
    ]);
  });
});

describe('verifyBytes', () => {
  const served = (over: Partial<ServedSegment> = {}): ServedSegment => ({ init: INIT, media: mediaOf(4), ...over });

  it('finds nothing when the bytes are those of the report, a gap among them', () => {
    expect(verifyBytes(served(), honest[4]!)).toEqual([]);
    expect(verifyBytes(served({ media: Buffer.alloc(0) }), honest[3]!)).toEqual([]);
  });

  it('finds any one bit that is not as it was, and names the chunk', () => {
    const media = mediaOf(4);
    fc.assert(
      fc.property(fc.nat(media.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(media);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const chunk = Math.floor((bit >> 3) / 3);
        expect(verifyBytes(served({ media: flipped }), honest[4]!)).toEqual([
          { mediaSequence: 4, code: 'bytes_differ', message: expect.stringContaining(`chunk ${chunk}:`) },
        ]);
      }),
    );
  });

  it.each<[string, Partial<ServedSegment>, string]>([
    ['bytes missing', { media: mediaOf(4).subarray(1) }, 'expected 9 bytes in 3 chunks, got 8'],
    ['bytes added', { media: Buffer.concat([mediaOf(4), INIT]) }, 'expected 9 bytes in 3 chunks, got 13'],
    ['another segment', { media: mediaOf(5) }, 'chunk 0'],
    ['chunks swapped', { media: Buffer.concat(chunksOf(4).toReversed()) }, 'chunk 0'],
    ['another init segment', { init: Buffer.from('tini') }, 'init segment'],
  ])('finds %s', (_, over, message) => {
    expect(verifyBytes(served(over), honest[4]!)[0]).toMatchObject({
      code: 'bytes_differ',
      message: expect.stringContaining(message),
    });
  });
});
