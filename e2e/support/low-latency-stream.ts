import { startEncoder, type Encoder } from './encoder.ts';
import { createInput } from './live-input.ts';
import { followLive, readLive, withDirectives, type BlockedReply, type LivePlaylist } from './low-latency.ts';
import { startOrigin, type Origin } from './origin.ts';
import { fetchText, mediaPlaylistUrls, untilPlayable } from './playlists.ts';

/** Two renditions and audio in chunks of 200 ms, each followed by a low-latency player of its own. */
export interface LowLatencyStream {
  readonly origin: Origin;
  readonly encoder: Encoder;
  readonly multivariant: string;
  /** Media playlists: the two renditions, then audio. */
  readonly urls: readonly string[];
  /** Ends the players; what each of them got. */
  stopFollowing(): Promise<ReadonlyArray<readonly BlockedReply[]>>;
  stop(): Promise<void>;
}

/** Starts an origin, an encoder and the players. */
export async function startLowLatencyStream(): Promise<LowLatencyStream> {
  const origin = await startOrigin({ RECONNECT_WINDOW_MS: '12000' });
  const input = await createInput(origin);
  const encoder = startEncoder({
    publishUrl: `${origin.ingest}/publish/${input.externalId}`,
    streamKey: input.streamKey,
    renditions: ['v360.cmfv', 'v180.cmfv'],
    fragmentMs: 200,
  });
  const multivariant = `${origin.playback}/live/${input.externalId}/index.m3u8`;
  const urls = mediaPlaylistUrls(await untilPlayable(multivariant, { tracks: 3, segments: 2 }));
  const followers = urls.map((url) => followLive(url));
  return {
    origin,
    encoder,
    multivariant,
    urls,
    stopFollowing: async () => {
      await Promise.all(followers.map((follower) => follower.stop()));
      return followers.map((follower) => follower.replies);
    },
    stop: async () => {
      await encoder.kill9();
      await origin.stop();
    },
  };
}

/** A media playlist as it is now, or as the directives ask for it. */
export const fetchLive = async (url: string, directives: Record<string, string | number> = {}): Promise<LivePlaylist> =>
  readLive(await fetchText(withDirectives(url, directives)));
