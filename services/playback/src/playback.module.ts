import { ConsoleLogger, Module, type DynamicModule } from '@nestjs/common';
import { Metrics, type OriginLogger } from '#shared/observability';
import { Backends } from './adapters/backends.ts';
import { HttpHandleResolver } from './adapters/http-handle-resolver.ts';
import { KvOriginKeys } from './adapters/kv-origin-keys.ts';
import { NatsAuditEvents } from './adapters/nats-audit-events.ts';
import { NatsChunkBytes } from './adapters/nats-chunk-bytes.ts';
import { NatsPublisherActivity } from './adapters/nats-publisher-activity.ts';
import { NatsSegmentJournal } from './adapters/nats-segment-journal.ts';
import { NatsTimelineArchive } from './adapters/nats-timeline-archive.ts';
import { NatsWindowFacts } from './adapters/nats-window-facts.ts';
import { StoredInitSegments } from './adapters/stored-init-segments.ts';
import { SystemClock } from './adapters/system-clock.ts';
import { FileWebAssets } from './adapters/web-assets.ts';
import { BroadcastAnswers } from './answers/broadcast-answers.ts';
import { DashAnswers } from './answers/dash-answers.ts';
import { LiveAnswers } from './answers/live-answers.ts';
import { LiveMedia } from './answers/live-media.ts';
import { LiveParts } from './answers/live-parts.ts';
import { LivePresence } from './answers/live-presence.ts';
import { ProvenanceAnswers } from './answers/provenance-answers.ts';
import { MediaLists } from './answers/media-lists.ts';
import { RecordedTimeline } from './answers/recorded-timeline.ts';
import { ShiftAnswers } from './answers/shift-answers.ts';
import { TimelineAnswers } from './answers/timeline-answers.ts';
import { XrpcAnswers } from './answers/xrpc-answers.ts';
import { AuditNotices } from './audit/audit-notices.ts';
import { SelfAudit } from './audit/self-audit.ts';
import { CmcdLog } from './cmcd/cmcd-log.ts';
import { CmcdSessions } from './cmcd/cmcd-sessions.store.ts';
import { MediaController } from './media.controller.ts';
import { PlaybackConfig } from './playback.config.ts';
import { PlaybackService } from './playback.service.ts';
import { Readiness, WebAssets, type Clock } from './ports.ts';
import { RequestLog } from './request-log.ts';
import { HotParts } from './stores/hot-parts.store.ts';
import { EpochClocks } from './stores/epoch-clocks.store.ts';
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
        { provide: CmcdSessions, useFactory: () => new CmcdSessions(new SystemClock()) },
        { provide: WebAssets, useClass: FileWebAssets },
        { provide: Backends, useFactory: () => Backends.connect(config, logger) },
        { provide: Readiness, useExisting: Backends },
        {
          provide: WindowMirror,
          inject: [Backends],
          useFactory: (backends: Backends) => mirrorOf({ backends, config, logger }),
        },
        {
          provide: SelfAudit,
          inject: [Backends, Metrics, WindowMirror],
          useFactory: (backends: Backends, metrics: Metrics, mirror: WindowMirror) =>
            auditOf({ backends, metrics, mirror, config, logger }),
        },
        {
          provide: PlaybackService,
          inject: [Backends, Metrics, CmcdSessions, WindowMirror],
          useFactory: (backends: Backends, metrics: Metrics, cmcdSessions: CmcdSessions, mirror: WindowMirror) =>
            playbackOf({ backends, metrics, cmcdSessions, mirror, config, logger }),
        },
      ],
    };
  }
}

interface Parts {
  readonly backends: Backends;
  readonly metrics: Metrics;
  readonly cmcdSessions: CmcdSessions;
  readonly mirror: WindowMirror;
  readonly config: PlaybackConfig;
  readonly logger: OriginLogger;
}

function playbackOf(parts: Parts): PlaybackService {
  const { backends, metrics, logger, mirror } = parts;
  const { MAX_RANGE_MS: maxRangeMs, PLAYLIST_WINDOW_MS: playlistWindowMs } = parts.config.values;
  const clock = new SystemClock();
  const sessions = new ViewerSessions(clock);
  const renders = rendersOf(metrics);
  const inits = new InitBytes(new StoredInitSegments(backends.initSegments, backends.objects), clock);
  const segments = segmentsOf(parts);
  const media = new LiveMedia({ parts: hotPartsOf(parts, clock), segments, inits });
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
  const dash = new DashAnswers({ presence, media, inits, renders, clocks: new EpochClocks(), clock, playlistWindowMs });
  const shared = {
    inputs,
    dash,
    presence,
    lists: mediaListsOf(parts, { presence, mirror, renders }),
    parts: new LiveParts({ presence, mirror, media }),
    media,
    inits,
    renders,
    sessions,
    mirror,
    timeline,
    segments,
    clock,
  };
  const limits = { maxRangeMs, playlistWindowMs };
  return new PlaybackService({
    inputs,
    live: new LiveAnswers(shared),
    broadcasts: new BroadcastAnswers({ ...shared, broadcasts }),
    shift: new ShiftAnswers({ ...shared, ...limits, objects: backends.objects }),
    xrpc: new XrpcAnswers({
      ...shared,
      resolver: new HttpHandleResolver(parts.config.values.HANDLE_RESOLVER_URL),
    }),
    timeline: new TimelineAnswers(shared),
    provenance: new ProvenanceAnswers({
      ...shared,
      journal: new NatsSegmentJournal(backends.bus),
      keys: new KvOriginKeys(backends.originKeys, clock),
    }),
    dash,
    log: new RequestLog(metrics, logger, sessions),
    cmcd: new CmcdLog(metrics, parts.cmcdSessions),
    clock,
    maxRangeMs,
  });
}

const rendersOf = (metrics: Metrics): PlaylistRenders =>
  new PlaylistRenders(
    RENDER_CACHE_BYTES,
    metrics.counter('playback_playlist_renders_total', 'Playlists rendered; the others were shared'),
  );

function auditOf({ backends, metrics, mirror, config, logger }: Omit<Parts, 'cmcdSessions'>): SelfAudit {
  const named = config.values.SELF_AUDIT_INPUTS.split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  const events = new NatsAuditEvents(backends.bus);
  const notices = new AuditNotices({ metrics, logger, events, clock: new SystemClock() });
  return new SelfAudit({
    inputs: named.includes('*') ? 'watched' : new Set(named),
    watchedInputs: () => mirror.watchedIds(),
    onFinding: (inputId, finding) => notices.found(inputId, finding),
    logger,
  });
}

function mirrorOf({ backends, config, logger }: Pick<Parts, 'backends' | 'config' | 'logger'>): WindowMirror {
  const mirror = new WindowMirror({
    reader: backends.liveWindow,
    clock: new SystemClock(),
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

function mediaListsOf(
  { config }: Parts,
  stores: { presence: LivePresence; mirror: WindowMirror; renders: PlaylistRenders },
): MediaLists {
  const { PLAYLIST_WINDOW_MS: playlistWindowMs, RECONNECT_WINDOW_MS: reconnectWindowMs } = config.values;
  return new MediaLists({ ...stores, playlistWindowMs, reconnectWindowMs });
}

const hotPartsOf = ({ backends }: Parts, clock: Clock): HotParts =>
  new HotParts({ reader: backends.liveWindow, chunks: new NatsChunkBytes(backends.bus), clock });

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
