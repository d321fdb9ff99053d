/** The attributes of one tag by name; quotes are taken off. */
export type Attributes = ReadonlyMap<string, string>;

const ATTRIBUTE = /([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g;

/** Reads an attribute list (rfc8216bis 4.2) leniently: what cannot be read is left out. */
export function readAttributes(text: string): Attributes {
  const attributes = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(ATTRIBUTE)) {
    if (name !== undefined) attributes.set(name, quoted ?? plain?.trim() ?? '');
  }
  return attributes;
}

/** A number of an attribute list; undefined when it is absent or no number. */
export function numberOf(attributes: Attributes | undefined, name: string): number | undefined {
  const text = attributes?.get(name);
  return text === undefined ? undefined : readNumber(text);
}

/** Whether an enumerated attribute says YES. */
export function isYes(attributes: Attributes | undefined, name: string): boolean {
  return attributes?.get(name) === 'YES';
}

/** A decimal number; undefined for anything else. */
export function readNumber(text: string): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
