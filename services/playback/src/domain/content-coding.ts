/** The forms that a text can be sent in, the smallest first: among equals the client gets the first. */
const CODINGS = ['br', 'gzip', 'identity'] as const;
/** A content coding that this service writes. */
export type ContentCoding = (typeof CODINGS)[number];

const MAX_REMEMBERED = 200;
const remembered = new Map<string, ContentCoding>();

/** The coding that an Accept-Encoding header wants most (RFC 9110 12.5.3); `identity` where it wants none that there is, as an answer is of more use than 406. */
export function codingFor(acceptEncoding: string | undefined): ContentCoding {
  if (acceptEncoding === undefined) return 'identity';
  // Browsers and proxies send a handful of values, each with every request.
  const known = remembered.get(acceptEncoding);
  if (known !== undefined) return known;
  const chosen = mostWanted(qualitiesOf(acceptEncoding));
  if (remembered.size < MAX_REMEMBERED) remembered.set(acceptEncoding, chosen);
  return chosen;
}

function mostWanted(qualities: ReadonlyMap<string, number>): ContentCoding {
  const star = qualities.get('*') ?? 0;
  // Not named, identity is acceptable, but never preferred to what is named.
  const wanted = CODINGS.map((coding) => qualities.get(coding) ?? (coding === 'identity' ? 0 : star));
  const most = Math.max(...wanted);
  return (most > 0 ? CODINGS[wanted.indexOf(most)] : undefined) ?? 'identity';
}

function qualitiesOf(header: string): Map<string, number> {
  const qualities = new Map<string, number>();
  for (const item of header.split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const value = quality === undefined ? 1 : Number(quality.slice(2));
    qualities.set(coding, Number.isFinite(value) ? value : 0);
  }
  return qualities;
}
