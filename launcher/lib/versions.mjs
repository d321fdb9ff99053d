/** First dotted version in `text` as numbers, or undefined. @param {string} text @returns {number[] | undefined} */
export function parseVersion(text) {
  const match = /\d+(?:\.\d+)+/.exec(text);
  return match ? match[0].split('.').map(Number) : undefined;
}

/** Whether the version in `text` is at least `minimum`; text without a version is not. @param {string} text @param {string} minimum */
export function isAtLeast(text, minimum) {
  const actual = parseVersion(text);
  const wanted = parseVersion(minimum);
  if (!wanted) throw new TypeError(`a minimum version such as "2.10" was expected, got "${minimum}"`);
  if (!actual) return false;
  for (let index = 0; index < Math.max(actual.length, wanted.length); index += 1) {
    const difference = (actual[index] ?? 0) - (wanted[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
