import type { Exchange } from '../exchange.ts';
import { fault, unless, type Rule } from '../rule.ts';

/** One answer of the server, and what it was an answer to. */
export interface ExchangeSubject {
  readonly exchange: Exchange;
  readonly kind: 'playlist' | 'blocking_playlist' | 'media' | 'nothing_there' | 'preflight';
  readonly targetDurationSec: number | undefined;
}

const MEDIA_TYPES = ['application/vnd.apple.mpegurl', 'audio/mpegurl', 'application/x-mpegurl'];
const EXPOSED = ['age', 'content-length', 'content-range', 'date', 'etag'];
// What every script may read without being told.
const ALWAYS_EXPOSED = new Set(['content-length']);
/** B.1: how long errors may live, in target durations. */
const ERROR_TARGETS = { playlist: 1, blocking_playlist: 4, media: 4, nothing_there: 4, preflight: 4 } as const;

const seen = ({ exchange }: ExchangeSubject, header: string): string =>
  `${exchange.status} with ${header}: ${exchange.headers.get(header) ?? '(none)'}`;

const playlistServed: Rule<ExchangeSubject> = {
  id: '7-playlist-served',
  section: '6.2.1',
  level: 'MUST',
  sentence: 'A media playlist that was served once goes on being served.',
  check: (subject) => {
    const { exchange, kind } = subject;
    if (kind !== 'playlist') return undefined;
    return unless(exchange.status === 200, () =>
      fault('200', exchange.status === 0 ? (exchange.failure ?? 'no answer') : String(exchange.status), exchange.url),
    );
  },
};

const mediaType: Rule<ExchangeSubject> = {
  id: '1-media-type',
  section: '4',
  level: 'MUST',
  sentence: 'A playlist is application/vnd.apple.mpegurl or its path ends in .m3u8 or .m3u.',
  check: (subject) => {
    const { exchange, kind } = subject;
    if (exchange.status !== 200 || (kind !== 'playlist' && kind !== 'blocking_playlist')) return undefined;
    const type = (exchange.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    return unless(MEDIA_TYPES.includes(type) || /\.m3u8?$/.test(new URL(exchange.url).pathname), () =>
      fault('application/vnd.apple.mpegurl', seen(subject, 'content-type'), exchange.url),
    );
  },
};

const cors: Rule<ExchangeSubject> = {
  id: '49-cors',
  section: '—',
  level: 'client',
  sentence: 'Every answer, errors and OPTIONS too, allows scripts of other sites to read it.',
  check: (subject) => {
    const { exchange } = subject;
    if (exchange.status === 0) return undefined;
    return unless(exchange.headers.has('access-control-allow-origin'), () =>
      fault('access-control-allow-origin', seen(subject, 'access-control-allow-origin'), exchange.url),
    );
  },
};

const exposed: Rule<ExchangeSubject> = {
  id: '49-exposed-headers',
  section: '—',
  level: 'client',
  sentence: 'Playlists expose Age, Date, ETag and Content-Range to scripts.',
  check: (subject) => {
    const { exchange, kind } = subject;
    if (kind !== 'playlist' || exchange.status !== 200) return undefined;
    const names = (exchange.headers.get('access-control-expose-headers') ?? '').toLowerCase().split(/\s*,\s*/);
    const hidden = EXPOSED.filter((name) => !names.includes(name) && !names.includes('*') && !ALWAYS_EXPOSED.has(name));
    return unless(hidden.length === 0, () =>
      fault(`${hidden.join(', ')} exposed`, seen(subject, 'access-control-expose-headers'), exchange.url),
    );
  },
};

/** Seconds a shared cache may keep the answer; undefined when Cache-Control does not say. */
function lifetimeSec({ headers }: Exchange): number | undefined {
  const control = headers.get('cache-control');
  if (control === undefined) return undefined;
  if (/\bno-store\b|\bno-cache\b|\bprivate\b/.test(control)) return 0;
  const age = /\bs-maxage=(\d+)/.exec(control) ?? /\bmax-age=(\d+)/.exec(control);
  return age === null ? undefined : Number(age[1]);
}

const cacheable: Rule<ExchangeSubject> = {
  id: '47-cacheable',
  section: 'B.1',
  level: 'SHOULD',
  sentence: 'Blocking playlists and media state a lifetime that lets a cache serve many players from one answer.',
  check: (subject) => {
    const { exchange, kind } = subject;
    if (exchange.status !== 200 || (kind !== 'blocking_playlist' && kind !== 'media')) return undefined;
    return unless((lifetimeSec(exchange) ?? 0) >= 1, () =>
      fault('max-age of 1 s or more', seen(subject, 'cache-control'), exchange.url),
    );
  },
};

const notStale: Rule<ExchangeSubject> = {
  id: '47-not-stale',
  section: 'B.1',
  level: 'SHOULD',
  sentence: 'A plain live playlist lives at most half a target duration in caches, an error a few target durations.',
  check: (subject) => {
    const { exchange, kind, targetDurationSec } = subject;
    const lifetime = lifetimeSec(exchange);
    const isError = exchange.status >= 400;
    if (lifetime === undefined || targetDurationSec === undefined || (!isError && kind !== 'playlist'))
      return undefined;
    // Lifetimes are whole seconds: half of an odd target is rounded up.
    const limitSec = isError ? ERROR_TARGETS[kind] * targetDurationSec : Math.ceil(targetDurationSec / 2);
    return unless(lifetime <= limitSec, () =>
      fault(`at most ${limitSec} s`, seen(subject, 'cache-control'), exchange.url),
    );
  },
};

const unknownIs404: Rule<ExchangeSubject> = {
  id: '39-nothing-there',
  section: '6.2.6',
  level: 'SHOULD',
  sentence: 'What neither exists nor is hinted is answered 404 at once.',
  check: ({ exchange, kind, targetDurationSec = 1 }) => {
    if (kind !== 'nothing_there') return undefined;
    const tookMs = exchange.lastByteAtMs - exchange.askedAtMs;
    return unless(exchange.status === 404 && tookMs <= 1000 * targetDurationSec, () =>
      fault('404 at once', `${exchange.status} after ${Math.round(tookMs)} ms`, exchange.url),
    );
  },
};

/** What every answer must be. */
export const exchangeRules: ReadonlyArray<Rule<ExchangeSubject>> = [
  playlistServed,
  mediaType,
  cors,
  exposed,
  cacheable,
  notStale,
  unknownIs404,
];
