/** Medians and their distribution-free intervals. Pure. */

export interface Estimate {
  readonly median: number
  /** An interval that covers the true median with at least `confidence`; the extremes when there are too few values for it. */
  readonly low: number
  readonly high: number
  /** What the interval really covers, from the binomial distribution. */
  readonly confidence: number
}

const sorted = (values: ReadonlyArray<number>): ReadonlyArray<number> => [...values].sort((a, b) => a - b)

export const median = (values: ReadonlyArray<number>): number => {
  if (values.length === 0) throw new RangeError("the median of nothing")
  const ordered = sorted(values)
  const middle = Math.floor(ordered.length / 2)
  return ordered.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2
}

/** P(X ≤ k) for X ~ Binomial(n, 1/2). */
const halfBinomial = (n: number, k: number): number => {
  let term = 0.5 ** n
  let sum = term
  for (let i = 1; i <= k; i++) {
    term *= (n - i + 1) / i
    sum += term
  }
  return k < 0 ? 0 : sum
}

/** The median with the narrowest symmetric interval of order statistics that reaches `confidence`. */
export const estimate = (values: ReadonlyArray<number>, confidence = 0.95): Estimate => {
  const ordered = sorted(values)
  const n = ordered.length
  let rank = 0
  while (rank + 1 < n / 2 && 1 - 2 * halfBinomial(n, rank + 1) >= confidence) rank += 1
  return {
    median: median(values),
    low: ordered[rank]!,
    high: ordered[n - 1 - rank]!,
    confidence: Math.max(0, 1 - 2 * halfBinomial(n, rank)),
  }
}

/** Ratios of what was measured in the same round: a load that comes and goes hits both sides of a ratio. */
export const pairedRatios = (
  numerators: ReadonlyArray<number>,
  denominators: ReadonlyArray<number>,
): ReadonlyArray<number> => {
  if (numerators.length !== denominators.length) throw new RangeError("pairs need equally many values")
  return numerators.map((value, round) => value / denominators[round]!)
}
