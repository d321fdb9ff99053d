export { Bus, connectBus } from './bus.ts';
export { BusUnavailableError, KvConflictError } from './bus-errors.ts';
export { KvTable } from './kv-table.ts';
export { KvMirror } from './kv-mirror.ts';
export { PartitionLeases, type PartitionHolder } from './partition-leases.ts';
export { headersFrom, toHeaders } from './message-headers.ts';
export { publishFact } from './publish-fact.ts';
export { readStream } from './stream-reader.ts';
export { natsTransport } from './nats-transport.ts';
