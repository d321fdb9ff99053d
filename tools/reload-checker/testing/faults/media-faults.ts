import { refusal, type Mutation, type SimulatedOrigin, type SimulatedRequest } from '../simulated-origin.ts';
import { madeInit } from '../made-media.ts';
import { STREAM } from '../simulated-stream.ts';
import {
  type BrokenOrigin,
  FROM_MS,
  LONG_MS,
  isPlaylist,
  isMedia,
  isPart,
  isOf,
  indexOf,
  answers,
  texts,
  high,
  every,
  instead,
  moved,
  number,
  gone,
  withPart,
} from './mutation.ts';

/** Faults of media. */
export const mediaFaults: readonly BrokenOrigin[] = [
  {
    name: 'a listed segment that is not there',
    mutation: instead((request) => request.path.endsWith(`/high/${number(33)}.m4s`), gone),
    fails: ['12-listed-fetchable'],
  },
  {
    name: 'segments that vanish when they are off the list',
    mutation: goneAfter((request) => !isPart(request), 28_000),
    fails: ['10-removed-fetchable'],
  },
  {
    name: 'parts that vanish with their tags',
    mutation: goneAfter(isPart, 10_000),
    fails: ['21-dropped-part-fetchable'],
  },
  {
    name: 'a segment sent at the speed of its production',
    mutation: answers(
      (request) => isMedia(request) && !isPart(request),
      (answer) => ({ ...answer, bodyMs: 1900 }),
    ),
    fails: ['12-full-speed'],
  },
  {
    name: 'parts of other samples than their segment',
    mutation: answers(
      (request) => isMedia(request) && !isPart(request) && request.path.includes('/high/'),
      (answer) => ({
        ...answer,
        body: Buffer.from(answer.body.toString('latin1').replaceAll('high', 'hihi'), 'latin1'),
      }),
    ),
    fails: ['18-parts-are-the-segment'],
  },
  {
    name: 'parts that are not marked INDEPENDENT',
    mutation: high((text) => text.replaceAll(',INDEPENDENT=YES', '')),
    fails: ['19-independent-marked'],
  },
  {
    name: 'segments without a sync sample',
    mutation: answers(
      (request) => isMedia(request) && !isPart(request) && request.path.includes('/high/'),
      (answer) => ({ ...answer, body: withoutSync(answer.body) }),
    ),
    fails: ['22-segment-independent'],
  },
  {
    name: 'fragments without tfdt',
    mutation: answers(
      (request) => isMedia(request) && request.path.includes('/high/'),
      (answer) => ({ ...answer, body: renamed(answer.body, 'tfdt', 'free') }),
    ),
    fails: ['2-fragments'],
  },
  {
    name: 'an init with a duration',
    mutation: answers(
      (request) => request.path.endsWith('/high/init-0.mp4'),
      (answer) => ({ ...answer, body: madeInit({ sampleEntry: 'avc1', timescale: 90_000, movieDuration: 5 }) }),
    ),
    fails: ['2-init'],
  },
  {
    name: 'a format that CODECS does not name',
    mutation: answers(
      (request) => /\/high\/init/.test(request.path),
      (answer) => ({ ...answer, body: renamed(answer.body, 'avc1', 'hvc1') }),
    ),
    fails: ['42-codecs'],
  },
  {
    name: 'a change of format without DISCONTINUITY',
    mutation: texts(isPlaylist, (text) => text.replaceAll('#EXT-X-DISCONTINUITY\n', '')),
    fails: ['13-timestamps-continue', '16-clock-follows-media'],
    options: { forMs: LONG_MS, lowLatency: false },
  },
  {
    name: 'another codec without DISCONTINUITY',
    mutation: formatChange(),
    fails: ['13-format-change'],
    options: { forMs: LONG_MS, lowLatency: false, endMs: FROM_MS + 22_000 },
  },
  {
    name: 'a wall clock that drifts',
    mutation: every((text) =>
      text.replaceAll(
        /(PROGRAM-DATE-TIME:)(\S+)/g,
        (_, tag: string, iso: string) => tag + moved(iso, (Date.parse(iso) - STREAM.epochMs) * 0.15),
      ),
    ),
    fails: ['16-clock-follows-media'],
    options: { lowLatency: false, endMs: FROM_MS + 22_000 },
  },
  {
    name: 'a rendition with other timestamps',
    mutation: high((text) =>
      text.replaceAll(/(PROGRAM-DATE-TIME:)(\S+)/g, (_, tag: string, iso: string) => tag + moved(iso, 700)),
    ),
    fails: ['42-timestamps-equal'],
    options: { lowLatency: false },
  },
  {
    name: '404 for a hinted part',
    mutation: (request, origin) =>
      isPart(request) && isEarly(request, origin)
        ? origin.clock.sleep(5).then(() => refusal(404))
        : origin.answer(request),
    fails: ['38-hint-served'],
  },
  {
    name: 'a hinted part sent as it is made',
    mutation: async (request, origin) => {
      const hinted = isPart(request) && isEarly(request, origin);
      const answer = await origin.answer(request);
      return hinted ? { ...answer, bodyMs: 450 } : answer;
    },
    fails: ['38-hint-at-full-speed'],
  },
  {
    name: 'a hinted part with other bytes',
    mutation: async (request, origin) => {
      const hinted = isPart(request) && isEarly(request, origin);
      const answer = await origin.answer(request);
      return hinted ? { ...answer, body: Buffer.concat([answer.body, Buffer.alloc(8)]) } : answer;
    },
    fails: ['38-hint-same-bytes'],
  },
  { name: 'two answers to one request', mutation: twoAnswers(), fails: ['32-idempotent', '7-segments-unchanged'] },
];

function isEarly(request: SimulatedRequest, origin: SimulatedOrigin): boolean {
  const part = Number(/\.(\d)\.m4s$/.exec(request.path)?.[1] ?? 0);
  return indexOf(request) * STREAM.segmentMs + (part + 1) * STREAM.partMs > origin.clock.nowMs();
}

function goneAfter(matches: (request: SimulatedRequest) => boolean, afterMs: number): Mutation {
  return (request, origin) =>
    isMedia(request) && matches(request) && origin.clock.nowMs() > (indexOf(request) + 1) * STREAM.segmentMs + afterMs
      ? gone()
      : origin.answer(request);
}

function renamed(body: Buffer, from: string, to: string): Buffer {
  return Buffer.from(body.toString('latin1').replaceAll(from, to), 'latin1');
}

function withoutSync(body: Buffer): Buffer {
  return Buffer.from(body.toString('latin1').replaceAll('\0\0\0\0\u0002\0\0\0', '\0\0\0\0\u0001\u0001\0\0'), 'latin1');
}

/** `low` of the second half of the first discontinuity in another codec. */
function formatChange(): Mutation {
  return async (request, origin) => {
    const answer = await origin.answer({ ...request, path: request.path.replace('init-2', 'init-0') });
    if (request.path.endsWith('init-2.mp4'))
      return { ...answer, body: madeInit({ sampleEntry: 'avc3', timescale: 90_000 }) };
    if (!isOf('low')(request)) return answer;
    const text = answer.body
      .toString()
      .replace(/(#EXT-X-PROGRAM-DATE-TIME[^\n]+\n#EXTINF[^\n]+\nlow\/135\.m4s)/, '#EXT-X-MAP:URI="low/init-2.mp4"\n$1');
    return { ...answer, body: Buffer.from(text) };
  };
}

/** The second answer to one request says something else. */
function twoAnswers(): Mutation {
  const seen = new Set<string>();
  return texts(
    (request) => isOf('high')(request) && withPart(request),
    (text, { request }) => {
      const query = request.query.toString();
      if (seen.has(query)) return text.replace('#EXTINF:2.000', '#EXTINF:1.999');
      seen.add(query);
      return text;
    },
  );
}
