/** Facts of one track, read from its `trak` and `trex`. */
export interface TrackFacts {
  trackId: number;
  kind: 'video' | 'audio' | 'text' | 'metadata';
  /** RFC 6381 codecs string, taken from the decoder configuration and never from encoder settings. */
  codec: string;
  /** Ticks per second of every time of this track. */
  timescale: number;
  /** BCP 47 from `elng`, else ISO 639-2/T from `mdhd`; `und` when unknown. */
  language: string;
  /** Coded width in pixels (video). */
  width?: number;
  /** Coded height in pixels (video). */
  height?: number;
  /** Frames per second, only where `trex` states a constant sample duration (video). */
  frameRate?: number;
  channels?: number;
  /** Hertz, as the sample entry states it (audio). */
  sampleRate?: number;
  /** Bits per second, as `btrt` states them; absent when it does not. */
  declaredMaxBitrate?: number;
  declaredAverageBitrate?: number;
  defaultSampleDurationTicks: number;
  defaultSampleSizeBytes: number;
  defaultSampleFlags: number;
}

/** Facts of an init segment. */
export interface InitFacts {
  majorBrand: string;
  compatibleBrands: string[];
  tracks: TrackFacts[];
}

/** Timing of one track's samples in one chunk. Media time: edit lists are not applied. */
export interface TrackTiming {
  trackId: number;
  /** `tfdt`: decode time of the first sample. */
  decodeTimeTicks: bigint;
  /** Sum of the sample durations. */
  durationTicks: bigint;
  sampleCount: number;
  /** Duration of the first sample, 0 when there is none. */
  firstSampleTicks: number;
  /** Decoding can start at the first sample. True for every audio, text and metadata chunk. */
  independent: boolean;
  /** The smallest composition time of any sample; `decodeTimeTicks` when there is none. */
  presentationStartTicks: bigint;
}

/** What a {@link CmafReader} cuts out of a byte stream. */
export type CmafUnit =
  /** Every byte from the start of `ftyp` to the end of `moov`. */
  | { kind: 'init'; bytes: Uint8Array }
  | ({ kind: 'chunk'; lastMarker: boolean } & ChunkBytes)
  /** The source has said that nothing follows: `mfra`, or a completed segment whose `styp` has the brand `lmsg`. */
  | { kind: 'end' };

/** One chunk as sent: leading boxes (`styp`, `prft`, `emsg`, `sidx`, `uuid`, …), `moof`, `mdat`. */
export interface ChunkBytes {
  bytes: Uint8Array;
  /** The `moof` box, a view into `bytes`. */
  moof: Uint8Array;
  /** Where `moof` starts in `bytes`. */
  moofOffset: number;
  /** Where `bytes` starts in the source's stream; resolves an absolute `base_data_offset`. */
  streamOffset?: number;
}

/** One track's share of a chunk. */
export interface TrackChunk {
  trackId: number;
  bytes: Uint8Array;
  /** The `moof` box, a view into `bytes`. */
  moof: Uint8Array;
}

/** A producer reference time: the wall clock at which a sample was captured or encoded. */
export interface ProducerReferenceTime {
  trackId: number;
  /** The NTP timestamp as milliseconds since 1970, with its fraction. */
  ntpMs: number;
  mediaTimeTicks: bigint;
}
