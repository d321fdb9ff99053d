// The package ships no types; these are the members that specs read.
declare module 'm3u8-parser' {
  export class Parser {
    manifest: {
      mediaSequence: number;
      discontinuitySequence: number;
      targetDuration: number;
      endList?: boolean;
      playlistType?: string;
      segments: { uri: string; duration: number; timeline: number; programDateTime?: number; map?: { uri: string } }[];
      playlists?: { uri: string; attributes: Record<string, unknown> }[];
      mediaGroups: Record<string, Record<string, Record<string, unknown>>>;
    };
    on(event: 'warn' | 'error' | 'info', listener: (problem: { message: string }) => void): void;
    push(text: string): void;
    end(): void;
  }
}
