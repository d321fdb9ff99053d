/** JSON with bigints printed as integers in full, since nanoseconds since 1970 pass 2^53. */
export function integerJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => integerJson(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${integerJson(member)}`);
  return `{${members.join(',')}}`;
}
