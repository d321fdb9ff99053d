import { type BrokenOrigin, isPlaylist, answers, blocking } from './mutation.ts';

/** Faults of HTTP answers. */
export const answerFaults: readonly BrokenOrigin[] = [
  {
    name: '404 without CORS',
    mutation: answers(
      () => true,
      (answer) => (answer.status === 404 ? { ...answer, headers: {} } : answer),
    ),
    fails: ['49-cors'],
  },
  {
    name: 'headers that scripts cannot read',
    mutation: answers(isPlaylist, (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'access-control-expose-headers': 'Date' },
    })),
    fails: ['49-exposed-headers'],
  },
  {
    name: 'blocking playlists that no cache may keep',
    mutation: answers(blocking, (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'cache-control': 'no-cache' },
    })),
    fails: ['47-cacheable'],
  },
  {
    name: 'a plain playlist that lives too long',
    mutation: answers(
      (request) => isPlaylist(request) && !blocking(request),
      (answer) => ({ ...answer, headers: { ...answer.headers, 'cache-control': 'max-age=60' } }),
    ),
    fails: ['47-not-stale'],
  },
  {
    name: '200 for what is not there',
    mutation: answers(
      (request) => request.path.includes('no-such'),
      (answer) => ({ ...answer, status: 200 }),
    ),
    fails: ['39-nothing-there'],
  },
];
