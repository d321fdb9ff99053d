import { loadConfig } from '#shared/config';
import { createLogger } from '#shared/observability';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import { startPlayback } from '../../src/boot.ts';
import { PlaybackConfig, PlaybackEnvironment } from '../../src/playback.config.ts';

/** A playback service on a port of its own. */
export interface PlaybackUnderTest {
  readonly url: string;
  /** Of the door over TLS, where the environment opens one. */
  readonly httpsUrl: string;
  readonly opsUrl: string;
  /** GET unless told otherwise; redirects are not followed. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** Polls until the body of a 200 answer passes. */
  textOnce(path: string, passes: (text: string) => boolean): Promise<string>;
  metric(name: string): Promise<number>;
  close(): Promise<void>;
}

export async function startPlaybackUnderTest(
  environment: Record<string, string> = {},
  options: { fastPath?: boolean } = {},
): Promise<PlaybackUnderTest> {
  const logger = createLogger('playback-test');
  logger.setLogLevels(['fatal']);
  const config = new PlaybackConfig(
    loadConfig(PlaybackEnvironment, { ...backendsFromEnvironment(), HTTP_PORT: '0', OPS_PORT: '0', ...environment }),
  );
  const running = await startPlayback(config, logger, options);
  const url = `http://127.0.0.1:${running.httpPort}`;
  const opsUrl = `http://127.0.0.1:${running.opsPort}`;
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(new URL(path, url), { redirect: 'manual', ...init });
  return {
    url,
    httpsUrl: `https://127.0.0.1:${running.httpsPort}`,
    opsUrl,
    get,
    textOnce: (path, passes) =>
      eventually(
        async () => {
          const response = await get(path);
          const text = await response.text();
          return response.status === 200 && passes(text) ? text : undefined;
        },
        { what: path },
      ),
    metric: async (name) => {
      const text = await (await fetch(`${opsUrl}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line.startsWith(`headwater_${name}{`));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    close: () => running.close(),
  };
}
