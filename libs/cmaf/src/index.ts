/** CMAF and fragmented MP4 as values: no I/O, no clock. */
export { BoxScanner, type Box } from './box-scanner.ts';
export { inspectChunk } from './chunk-inspector.ts';
export { splitChunk } from './chunk-splitter.ts';
export { CmafError, type CmafErrorCode } from './cmaf-error.ts';
export { CmafReader } from './cmaf-reader.ts';
export { hasContentCredentials } from './content-credentials.ts';
export { readEventMessages, type EventMessage } from './event-message.ts';
export { frameRateFrom } from './frame-rate.ts';
export { readInit } from './init-facts.ts';
export { splitInit } from './init-splitter.ts';
export type {
  ChunkBytes,
  CmafUnit,
  InitFacts,
  ProducerReferenceTime,
  TrackChunk,
  TrackFacts,
  TrackTiming,
} from './model.ts';
export { readPrft } from './producer-reference-time.ts';
export { firstSampleEnd } from './samples.ts';
export { sniff } from './sniff.ts';
export { readScte35, SCTE35_SCHEME, type SpliceInfo } from './splice-info.ts';
export { webVttOf } from './web-vtt.ts';
