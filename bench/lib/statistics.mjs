/** The value below which `share` (0 to 1) of the sorted sample lies, by nearest rank. @param {readonly number[]} values at least one @param {number} share */
export function percentile(values, share) {
  if (values.length === 0) throw new RangeError('a percentile of at least one value was expected, got none');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** @param {readonly number[]} values at least one */
export function median(values) {
  if (values.length === 0) throw new RangeError('a median of at least one value was expected, got none');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Two ways to compare A with B over rounds in which both ran; a claim must hold in both.
 * @param {readonly { a: number, b: number }[]} rounds
 * @param {'higher' | 'lower'} better which end of the scale is the best one
 * @returns {{ medianOfRatios: number, bestAgainstBest: number }}
 */
export function compare(rounds, better) {
  const best = better === 'higher' ? Math.max : Math.min;
  return {
    medianOfRatios: median(rounds.map(({ a, b }) => a / b)),
    bestAgainstBest: best(...rounds.map(({ a }) => a)) / best(...rounds.map(({ b }) => b)),
  };
}

/** Order of the two in a round: A B, B A, A B, … so that drift hits both alike. @param {number} round */
export const orderOf = (round) => (round % 2 === 0 ? ['a', 'b'] : ['b', 'a']);

/** Least squares through points, and how much of their spread the line explains. @param {readonly { x: number, y: number }[]} points @returns {{ slope: number, intercept: number, r2: number }} */
export function fitLine(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = (pick) => points.reduce((sum, point) => sum + pick(point), 0);
  const covariance = spread(({ x, y }) => (x - meanX) * (y - meanY));
  const slope = covariance / spread(({ x }) => (x - meanX) ** 2);
  const intercept = meanY - slope * meanX;
  const unexplained = spread(({ x, y }) => (y - intercept - slope * x) ** 2);
  return { slope, intercept, r2: 1 - unexplained / spread(({ y }) => (y - meanY) ** 2) };
}
