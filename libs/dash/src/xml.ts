/** Attributes in the order they are written; undefined ones are left out. */
export type XmlAttributes = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** One element, on lines of its own; `children` are elements or escaped text. */
export function xmlElement(name: string, attributes: XmlAttributes, children: readonly string[] = []): string {
  let start = `<${name}`;
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined) start += ` ${attribute}="${typeof value === 'string' ? xmlText(value) : value}"`;
  }
  return children.length === 0 ? `${start}/>\n` : `${start}>\n${children.join('')}</${name}>\n`;
}

/** Text or an attribute value; a character that XML 1.0 cannot hold (2.2), or that an attribute would not keep (3.3.3), becomes U+FFFD. */
export function xmlText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? '');
}
