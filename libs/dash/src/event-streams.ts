import type { DashMarker, DashPeriod } from './manifest-model.ts';
import { xmlElement, xmlText } from './xml.ts';

const TIMESCALE = 1000;
const FNV_OFFSET = 0x81_1c_9d_c5;
const FNV_PRIME = 0x01_00_01_93;

/** The EventStreams of a period (ISO/IEC 23009-1 5.10.2), one for each scheme and value, of the markers that begin in it. */
export function eventStreams(period: DashPeriod, markers: readonly DashMarker[]): string[] {
  const streams = new Map<string, DashMarker[]>();
  for (const marker of markers) {
    const key = JSON.stringify([marker.schemeIdUri, marker.value]);
    streams.set(key, [...(streams.get(key) ?? []), marker]);
  }
  return [...streams.values()].flatMap((events) => {
    const [first] = events;
    if (first === undefined) return [];
    const { schemeIdUri, value } = first;
    return xmlElement(
      'EventStream',
      { schemeIdUri, value, timescale: TIMESCALE },
      events.map((marker) => eventOf(marker, period)),
    );
  });
}

function eventOf(marker: DashMarker, period: DashPeriod): string {
  const { messageData } = marker;
  return xmlElement(
    'Event',
    {
      presentationTime: Math.max(0, Math.round(marker.startEpochMs - period.startEpochMs)),
      duration: marker.durationMs === undefined ? undefined : Math.round(marker.durationMs),
      id: unsignedId(marker.id),
      contentEncoding: messageData === undefined ? undefined : 'base64',
    },
    messageData === undefined ? [] : [xmlText(messageData)],
  );
}

/** Event@id is an unsignedInt: FNV-1a of our text, so that a marker keeps its id in every version of the manifest. */
function unsignedId(id: string): number {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(id)) hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  return hash;
}
