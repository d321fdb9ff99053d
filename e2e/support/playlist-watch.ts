import { fetchText, listedSegments, type ListedSegment } from './playlists.ts';

/** Polls one media playlist as a player would and remembers what no player may see. */
export interface PlaylistWatch {
  /** Highest media sequence seen so far. */
  newest(): number;
  /** Media sequence that went back, a segment that changed its URL or length, a changed target duration. */
  faults(): readonly string[];
  stop(): void;
}

export function watchPlaylist(url: string, everyMs = 400): PlaylistWatch {
  const faults: string[] = [];
  const seen = new Map<number, string>();
  let first = -1;
  let newest = -1;
  let target: string | undefined;
  const stop = new AbortController();

  const lookAtNumbers = (segments: readonly ListedSegment[]): void => {
    const oldest = segments[0]?.mediaSequence ?? -1;
    const last = segments.at(-1)?.mediaSequence ?? -1;
    if (oldest < first) faults.push(`media sequence went back from ${first} to ${oldest}`);
    if (last < newest) faults.push(`newest went back from ${newest} to ${last}`);
    first = Math.max(first, oldest);
    newest = Math.max(newest, last);
  };

  const lookAtSegments = (segments: readonly ListedSegment[]): void => {
    for (const segment of segments) {
      const facts = `${segment.url} ${segment.durationSec} ${segment.discontinuitySequence}`;
      const known = seen.get(segment.mediaSequence);
      if (known !== undefined && known !== facts)
        faults.push(`segment ${segment.mediaSequence}: ${known} became ${facts}`);
      seen.set(segment.mediaSequence, facts);
    }
  };

  const look = async (): Promise<void> => {
    const playlist = await fetchText(url).catch(() => undefined);
    // A dead playback node is no fault: a player retries. What it then gets must fit what it had.
    if (playlist?.status !== 200) return;
    const segments = listedSegments(playlist);
    lookAtNumbers(segments);
    lookAtSegments(segments);
    const now = /#EXT-X-TARGETDURATION:(\d+)/.exec(playlist.text)?.[1];
    if (target !== undefined && now !== target) faults.push(`target duration ${target} became ${now}`);
    target = now;
  };

  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await look();
      await new Promise((resolve) => {
        setTimeout(resolve, everyMs);
      });
    }
  };
  void loop();
  return {
    newest: () => newest,
    faults: () => faults,
    stop: () => stop.abort(),
  };
}
