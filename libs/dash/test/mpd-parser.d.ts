// The package ships no types; these are the members that specs read.
declare module 'mpd-parser' {
  interface MpdSegment {
    uri: string;
    resolvedUri: string;
    duration: number;
    number: number;
    presentationTime: number;
    timeline: number;
    map: { uri: string; resolvedUri: string };
  }
  interface MpdPlaylist {
    attributes: Record<string, unknown>;
    segments: MpdSegment[];
  }
  interface MpdManifest {
    endList: boolean;
    minimumUpdatePeriod?: number;
    timelineStarts: { start: number; timeline: number }[];
    playlists: MpdPlaylist[];
    mediaGroups: Record<string, Record<string, Record<string, { playlists: MpdPlaylist[]; language: string }>>>;
    eventStream?: { id: string; messageData: string; start: number; end: number; schemeIdUri: string }[];
  }
  export function parse(
    text: string,
    options: { manifestUri: string; eventHandler?: (event: { type: string; message: string }) => void },
  ): MpdManifest;
  export function parseUTCTiming(
    text: string,
    options: { manifestUri: string },
  ): { method: string; value: string | number };
}
