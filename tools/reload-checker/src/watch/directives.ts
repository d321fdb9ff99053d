/** Delivery directives of one request (rfc8216bis 6.2.5). */
export interface Directives {
  readonly mediaSequence?: number | undefined;
  readonly part?: number | undefined;
  readonly skip?: 'YES' | 'v2' | undefined;
}

/** The query of directives, in the order a player sends them. */
export function queryOf({ mediaSequence, part, skip }: Directives): string {
  const pairs: Array<[string, string | number | undefined]> = [
    ['_HLS_msn', mediaSequence],
    ['_HLS_part', part],
    ['_HLS_skip', skip],
  ];
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join('&');
}

/** A URL with a query added to its own. */
export function withQuery(url: string, query: string): string {
  if (query === '') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}
