import { fetchText, listedSegments, mediaPlaylistUrls, type Fetched, type ListedSegment } from './playlists.ts';

/** One version of a media playlist: what it said, and between which instants it came to say so. */
export interface PlaylistVersion {
  readonly fetched: Fetched;
  readonly segments: readonly ListedSegment[];
  /** When the version before was last seen; this one is younger. */
  readonly afterMs: number;
  readonly seenAtMs: number;
}

/** How a segment answered right when it was first listed. */
export interface FirstFetch {
  readonly segment: ListedSegment;
  readonly status: number;
  readonly tookMs: number;
  readonly sizeBytes: number;
}

/** Every version of every media playlist of a stream, as a fast poller saw them. */
export interface PlaylistHistory {
  /** Versions by media playlist URL, oldest first. */
  readonly versions: ReadonlyMap<string, readonly PlaylistVersion[]>;
  readonly firstFetches: readonly FirstFetch[];
  /** The newest version of each media playlist. */
  newest(): PlaylistVersion[];
  stop(): Promise<void>;
}

/** Polls the media playlists that a multivariant playlist names; each segment is fetched the moment it is listed. */
export function recordHistory(multivariant: Fetched, everyMs = 200): PlaylistHistory {
  const versions = new Map<string, PlaylistVersion[]>(mediaPlaylistUrls(multivariant).map((url) => [url, []]));
  const lookedAtMs = new Map<string, number>();
  const firstFetches: FirstFetch[] = [];
  const listed = new Set<string>();
  const stop = new AbortController();

  const fetchNew = async (segments: readonly ListedSegment[]): Promise<void> => {
    const fresh = segments.filter(({ url }) => !listed.has(url));
    for (const segment of fresh) {
      listed.add(segment.url);
      const startedMs = performance.now();
      const response = await fetch(segment.url);
      const sizeBytes = (await response.arrayBuffer()).byteLength;
      firstFetches.push({ segment, status: response.status, tookMs: performance.now() - startedMs, sizeBytes });
    }
  };
  const look = async (url: string, known: PlaylistVersion[]): Promise<void> => {
    const askedAtMs = performance.now();
    const fetched = await fetchText(url);
    const afterMs = lookedAtMs.get(url) ?? 0;
    lookedAtMs.set(url, askedAtMs);
    if (known.at(-1)?.fetched.text === fetched.text) return;
    const segments = listedSegments(fetched);
    known.push({ fetched, segments, afterMs, seenAtMs: performance.now() });
    await fetchNew(segments);
  };
  const follow = async (url: string, known: PlaylistVersion[]): Promise<void> => {
    while (!stop.signal.aborted) {
      await look(url, known);
      await new Promise((resolve) => {
        setTimeout(resolve, everyMs);
      });
    }
  };
  // A fetch that fails ends the record of its playlist; it is raised where the record is stopped.
  const following = Promise.allSettled([...versions].map(([url, known]) => follow(url, known)));
  return {
    versions,
    firstFetches,
    newest: () => [...versions.values()].flatMap((known) => known.slice(-1)),
    stop: async () => {
      stop.abort();
      for (const outcome of await following) if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}
