/** A playlist model that cannot be rendered as a valid playlist; a programming error of the caller. The message says what was expected and what came. */
export class PlaylistError extends Error {
  override readonly name = 'PlaylistError';
  readonly code = 'PlaylistInvalid';
}
