const MAX_SHOWN_LENGTH = 40;

/** A value from outside as a message may show it: quoted, escaped and cut. */
export function shown(value: string): string {
  return JSON.stringify(value.length > MAX_SHOWN_LENGTH ? `${value.slice(0, MAX_SHOWN_LENGTH)}…` : value);
}
