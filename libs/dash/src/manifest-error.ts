/** A manifest model that cannot be rendered as a valid manifest; a programming error of the caller. The message says what was expected and what came. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'ManifestInvalid';
}
