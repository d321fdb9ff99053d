import { partitionOf } from '#shared/contracts';
import { eventually } from '#shared/testing';
import { auditInput, type Stores, type TrackAudit } from './audit.ts';
import { encodeTracks, startFileEncoder, type FileEncoder } from './file-encoder.ts';
import { createInput, type CreatedInput } from './live-input.ts';
import { fetchText, listedSegments, mediaPlaylistUrls } from './playlists.ts';
import { startOrigin, type Origin, type OriginOptions, type ServiceName } from './origin.ts';
import { startWitness, type Witness, type WitnessOptions } from './witness.ts';

/** An origin under a live push that viewers watch without stickiness. */
export interface Drill {
  readonly origin: Origin;
  readonly input: CreatedInput;
  readonly encoder: FileEncoder;
  readonly witness: Witness;
  /** Does what disturbs, then resolves when viewers have so many further segments of every track. */
  goesOn(disturb: () => Promise<unknown>, segments?: number): Promise<void>;
  /** The replica that works on the input's partition now. */
  holder(service: 'packager' | 'timeshift'): Promise<number>;
  /** Resolves when the partitions are shared out evenly between the replicas. */
  settled(service: 'packager' | 'timeshift'): Promise<void>;
  /** Ends push and witness once everything accepted is journalled and served, and compares all that there is. */
  finish(): Promise<readonly TrackAudit[]>;
  /** Resolves when the archive lists every segment that viewers had. */
  archived(): Promise<void>;
  stop(): Promise<void>;
}

export interface DrillOptions extends OriginOptions {
  readonly settings?: Record<string, string>;
  /** How much media there is to push; longer than the drill. */
  readonly mediaSec?: number;
  readonly staleMs?: WitnessOptions['staleMs'];
}

/** Partitions of the default configuration. */
const PARTITIONS = 8;
/** A lease passes in 3 s and an encoder looks for another ingest; the rest is the machine's. */
const GOES_ON_WITHIN_MS = 40_000;
const FURTHER_SEGMENTS = 2;
/** How far back an archive is asked for; longer than any drill. */
const RANGE_MS = 3_600_000;

/** Origin, input, encoder of two tracks and witness, up and playing. */
export async function startDrill(options: DrillOptions): Promise<Drill> {
  const origin = await startOrigin(options.settings, options);
  let encoder: FileEncoder | undefined;
  try {
    // Short segments: more numbers in the same time.
    const input = await createInput(origin, { segmentTargetMs: 1000 });
    const tracks = await encodeTracks(options.mediaSec ?? 150);
    const points = origin.doors.ingest.map((door) => `${door}/publish/${input.externalId}`);
    encoder = startFileEncoder(points, input.streamKey, tracks);
    const witness = await startWitness({
      doors: origin.doors.playback,
      path: `/live/${input.externalId}/index.m3u8`,
      trackCount: tracks.length,
      ...(options.staleMs === undefined ? {} : { staleMs: options.staleMs }),
    });
    return drillOf({ origin, input, encoder, witness }, options.servers ?? {});
  } catch (error) {
    const refusals = encoder?.refusals.slice(-3).join('; ') ?? 'none';
    await origin.stop();
    throw new Error(`the drill did not begin, refusals of the encoder: ${refusals}`, { cause: error });
  }
}

type Cast = Pick<Drill, 'origin' | 'input' | 'encoder' | 'witness'>;

function drillOf(cast: Cast, stores: Stores): Drill {
  const { origin, input, encoder, witness } = cast;
  const audit = (): Promise<TrackAudit[]> =>
    auditInput(input.id, { accepted: encoder.accepted, records: witness.tracks.values() }, stores);
  return {
    ...cast,
    goesOn: async (disturb, segments = FURTHER_SEGMENTS) => {
      await disturb();
      const before = witness.newest();
      await eventually(() => witness.newest() >= before + segments, {
        withinMs: GOES_ON_WITHIN_MS,
        everyMs: 100,
        what: `${segments} further segments after ${before}`,
      });
    },
    holder: (service) => holderOf(origin, service, partitionOf(input.id, PARTITIONS)),
    settled: (service) => settle(origin, service),
    finish: async () => {
      await encoder.finish();
      await untilJournalled(encoder, audit);
      await witness.stop();
      return audit();
    },
    archived: () => untilArchived(cast),
    stop: async () => {
      await encoder.finish().catch(() => undefined);
      await witness.stop().catch(() => undefined);
      await origin.stop();
    },
  };
}

/** Silence closes the last segment; then viewers have it too. */
async function untilJournalled(encoder: FileEncoder, audit: () => Promise<TrackAudit[]>): Promise<void> {
  const accepted = [...encoder.accepted.values()].reduce((sum, chunks) => sum + chunks.length, 0);
  await eventually(
    async () => {
      const tracks = await audit();
      const journalled = tracks.flatMap(({ journal }) => journal.flatMap(({ chunks }) => chunks)).length;
      if (journalled < accepted) throw new Error(`${journalled} of ${accepted} chunks are journalled`);
      const unserved = tracks.flatMap(({ faults }) => faults).find((fault) => fault.includes('never served'));
      if (unserved !== undefined) throw new Error(unserved);
      return true;
    },
    { withinMs: 30_000, everyMs: 500, what: 'all that was accepted in the journal' },
  );
}

async function untilArchived({ origin, input, witness }: Cast): Promise<void> {
  const nowMs = Date.now();
  const range = `lhs_start=1&lhs_start_unix_ms_0=${nowMs - RANGE_MS}&lhs_vodend_unix_ms_0=${nowMs}`;
  const expected = Array.from({ length: witness.newest() + 1 }, (_, mediaSequence) => mediaSequence);
  await eventually(
    async () => {
      const shifted = await fetchText(`${origin.playback}/live/${input.externalId}.m3u8?${range}`);
      const urls = mediaPlaylistUrls(shifted);
      expect(urls).toHaveLength(witness.tracks.size);
      for (const url of urls) {
        const numbers = listedSegments(await fetchText(url)).map(({ mediaSequence }) => mediaSequence);
        expect(numbers.slice(0, expected.length)).toEqual(expected);
      }
      return true;
    },
    { withinMs: 40_000, everyMs: 500, what: 'every track whole in the archive' },
  );
}

/** Which replica says that it works on a partition. */
async function holderOf(origin: Origin, service: ServiceName, partition: number): Promise<number> {
  const { index } = await eventually(
    async () => {
      const texts = await metricsOf(origin, service);
      const held = new RegExp(`_lag_(?:messages|seconds){partition="${partition}"`);
      const found = texts.findIndex((text) => held.test(text));
      return found >= 0 && { index: found };
    },
    { withinMs: 15_000, everyMs: 200, what: `a ${service} that holds partition ${partition}` },
  );
  return index;
}

async function settle(origin: Origin, service: ServiceName): Promise<void> {
  const share = PARTITIONS / origin.replicas(service).length;
  await eventually(
    async () => {
      const texts = await metricsOf(origin, service);
      return texts.every((text) => new RegExp(`_partitions_held{[^}]*} ${share}$`, 'm').test(text));
    },
    { withinMs: 20_000, everyMs: 200, what: `${share} partitions with each ${service}` },
  );
}

/** What each replica tells of itself; empty of one that does not answer. */
function metricsOf(origin: Origin, service: ServiceName): Promise<string[]> {
  const read = async (url: string): Promise<string> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    return response.text();
  };
  return Promise.all(origin.replicas(service).map(({ opsUrl }) => read(`${opsUrl}/metrics`).catch(() => '')));
}
