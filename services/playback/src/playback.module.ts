import { ConsoleLogger, Module, type DynamicModule } from '@nestjs/common';
import { Metrics, type OriginLogger } from '#shared/observability';
import { Backends } from './adapters/backends.ts';
import { HttpHandleResolver } from './adapters/http-handle-resolver.ts';
import { NatsPublisherActivity } from './adapters/nats-publisher-activity.ts';
import { NatsTimelineArchive } from './adapters/nats-timeline-archive.ts';
import { NatsWindowFacts } from './adapters/nats-window-facts.ts';
import { StoredInitSegments } from './adapters/stored-init-segments.ts';
import { SystemClock } from './adapters/system-clock.ts';
import { FileWebAssets } from './adapters/web-assets.ts';
import { BroadcastAnswers } from './answers/broadcast-answers.ts';
import { LiveAnswers } from './answers/live-answers.ts';
import { LiveMedia } from './answers/live-media.ts';
import { LivePresence } from './answers/live-presence.ts';
import { RecordedTimeline } from './answers/recorded-timeline.ts';
import { ShiftAnswers } from './answers/shift-answers.ts';
import { TimelineAnswers } from './answers/timeline-answers.ts';
import { XrpcAnswers } from './answers/xrpc-answers.ts';
import { MediaController } from './media.controller.ts';
import { PlaybackConfig } from './playback.config.ts';
import { PlaybackService } from './playback.service.ts';
import { Readiness, WebAssets, type Clock } from './ports.ts';
import { RequestLog } from './request-log.ts';
import { HourEntries } from './stores/hour-entries.store.ts';
import { InitBytes } from './stores/init-bytes.store.ts';
import { PlaylistRenders } from './stores/playlist-renders.store.ts';
import { SegmentBytes } from './stores/segment-bytes.store.ts';
import { ViewerSessions } from './stores/viewer-sessions.store.ts';
import { WindowMirror } from './stores/window-mirror.store.ts';
import { WebController } from './web.controller.ts';

const RENDER_CACHE_BYTES = 67_108_864;

/** The wiring of the playback service. */
@Module({ controllers: [MediaController, WebController] })
export class PlaybackModule {
  static register(config: PlaybackConfig, logger: OriginLogger): DynamicModule {
    return {
      module: PlaybackModule,
      providers: [
        { provide: PlaybackConfig, useValue: config },
        { provide: ConsoleLogger, useValue: logger },
        { provide: Metrics, useFactory: () => new Metrics('playback') },
        { provide: WebAssets, useClass: FileWebAssets },
        { provide: Backends, useFactory: () => Backends.connect(config, logger) },
        { provide: Readiness, useExisting: Backends },
        {
          provide: PlaybackService,
          inject: [Backends, Metrics],
          useFactory: (backends: Backends, metrics: Metrics) => playbackOf({ backends, metrics, config, logger }),
        },
      ],
    };
  }
}

interface Parts {
  readonly backends: Backends;
  readonly metrics: Metrics;
  readonly config: PlaybackConfig;
  readonly logger: OriginLogger;
}

function playbackOf(parts: Parts): PlaybackService {
  const { backends, metrics, logger } = parts;
  const { MAX_RANGE_MS: maxRangeMs, PLAYLIST_WINDOW_MS: playlistWindowMs } = parts.config.values;
  const clock = new SystemClock();
  const sessions = new ViewerSessions(clock);
  const renders = new PlaylistRenders(
    RENDER_CACHE_BYTES,
    metrics.counter('playback_playlist_renders_total', 'Playlists rendered; the others were shared'),
  );
  const inits = new InitBytes(new StoredInitSegments(backends.initSegments, backends.objects), clock);
  const mirror = mirrorOf(parts, clock);
  const segments = segmentsOf(parts);
  const media = new LiveMedia({ reader: backends.liveWindow, segments, inits });
  const presence = presenceOf(parts, mirror, clock);
  const { inputs, broadcasts } = backends;
  const timeline = new RecordedTimeline({
    hours: new HourEntries(new NatsTimelineArchive(backends.timeshift), clock),
    mirror,
    presentations: backends.presentations,
    clock,
    maxRangeMs,
    playlistWindowMs,
  });
  const shared = { inputs, presence, media, inits, renders, sessions, mirror, timeline, segments, clock };
  const limits = { maxRangeMs, playlistWindowMs };
  return new PlaybackService({
    inputs,
    live: new LiveAnswers({ ...shared, ...limits }),
    broadcasts: new BroadcastAnswers({ ...shared, ...limits, broadcasts }),
    shift: new ShiftAnswers({ ...shared, ...limits, objects: backends.objects }),
    xrpc: new XrpcAnswers({
      ...shared,
      ...limits,
      resolver: new HttpHandleResolver(parts.config.values.HANDLE_RESOLVER_URL),
    }),
    timeline: new TimelineAnswers(shared),
    log: new RequestLog(metrics, logger, sessions),
    clock,
    maxRangeMs,
  });
}

function mirrorOf({ backends, config, logger }: Parts, clock: Clock): WindowMirror {
  const mirror = new WindowMirror({
    reader: backends.liveWindow,
    clock,
    maxInputs: config.values.MAX_MIRRORED_INPUTS,
    onReadFailed: (inputId, error) => logger.warn('window.read_failed', { inputId, reason: String(error) }),
  });
  const facts = new NatsWindowFacts(backends.bus, (subject, error) =>
    logger.warn('window.fact_malformed', { subject, reason: String(error) }),
  );
  facts.subscribe({
    wants: (inputId) => mirror.has(inputId),
    onFact: (fact) => mirror.apply(fact),
    onGap: () => mirror.doubtAll(),
  });
  backends.onInputChanged = (inputId) => {
    if (backends.inputs.byId(inputId) === undefined) mirror.forget(inputId);
  };
  return mirror;
}

function segmentsOf({ config, logger, metrics }: Parts): SegmentBytes {
  return new SegmentBytes({
    limitBytes: config.values.CACHE_BYTES,
    counters: {
      hits: metrics.counter('playback_cache_hits', 'Segments that were in memory'),
      misses: metrics.counter('playback_cache_misses', 'Segments that had to be fetched or waited for'),
    },
    onCorrupt: (sha256, sizeBytes) => logger.error('segment.corrupt', undefined, { expectedSha256: sha256, sizeBytes }),
  });
}

function presenceOf({ backends, config }: Parts, mirror: WindowMirror, clock: Clock): LivePresence {
  return new LivePresence({
    mirror,
    publishers: new NatsPublisherActivity(backends.bus),
    clock,
    reconnectWindowMs: config.values.RECONNECT_WINDOW_MS,
  });
}
