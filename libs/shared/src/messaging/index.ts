export { Bus, connectBus, type BusOptions } from './bus.ts';
export { BusUnavailableError, KvConflictError } from './bus-errors.ts';
export { KvTable, type KvRow } from './kv-table.ts';
export { KvMirror } from './kv-mirror.ts';
export { PartitionLeases, type PartitionHolder } from './partition-leases.ts';
export { headersFrom, toHeaders } from './message-headers.ts';
export { publishFact } from './publish-fact.ts';
export { readStream, type StreamReader } from './stream-reader.ts';
export { natsTransport } from './nats-transport.ts';
