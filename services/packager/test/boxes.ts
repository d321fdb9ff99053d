/** What an `emsg` says; version 1 when it has a presentation time, else 0. */
export interface EventMessageFacts {
  readonly schemeIdUri: string;
  readonly value?: string;
  readonly timescale: number;
  readonly presentationTimeTicks?: bigint;
  readonly presentationTimeDelta?: number;
  readonly durationTicks?: number;
  readonly id?: number;
  readonly messageData?: Uint8Array;
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const uint64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

/** An `emsg` box (ISO/IEC 23009-1, 5.10.3.3.3). */
export function eventMessageBox(facts: EventMessageFacts): Buffer {
  const { schemeIdUri, value = '', timescale, presentationTimeTicks, presentationTimeDelta = 0 } = facts;
  const { durationTicks = 0, id = 0, messageData = new Uint8Array() } = facts;
  const names = Buffer.from(`${schemeIdUri}\0${value}\0`);
  const tail = [uint32(durationTicks), uint32(id)];
  const payload =
    presentationTimeTicks === undefined
      ? [uint32(0), names, uint32(timescale), uint32(presentationTimeDelta), ...tail, messageData]
      : [uint32(0x0100_0000), uint32(timescale), uint64(presentationTimeTicks), ...tail, names, messageData];
  const body = Buffer.concat(payload);
  return Buffer.concat([uint32(body.length + 8), Buffer.from('emsg'), body]);
}
