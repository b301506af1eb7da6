import { assert, it } from "@effect/vitest"
import { estimate, median, pairedRatios } from "./statistics.ts"

const oneTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

it("takes the middle value, or the mean of the two", () => {
  assert.strictEqual(median([9, 1, 5]), 5)
  assert.strictEqual(median([4, 1, 2, 3]), 2.5)
  assert.throws(() => median([]))
})

it("gives the tabulated ranks of 95 % intervals of a median", () => {
  // Ranks from the sign test's table: n = 10 → 2nd to 9th (97.9 %), 15 → 4th to 12th (96.5 %), 20 → 6th to 15th (95.9 %).
  for (const [n, low, high, covers] of [
    [10, 2, 9, 0.979],
    [15, 4, 12, 0.965],
    [20, 6, 15, 0.959],
  ] as const) {
    const found = estimate(oneTo(n).toReversed())
    assert.deepInclude(found, { low, high })
    assert.closeTo(found.confidence, covers, 0.0006)
  }
})

it("owns up to too few values", () => {
  const found = estimate([1, 2, 3])
  assert.deepInclude(found, { median: 2, low: 1, high: 3, confidence: 0.75 })
})

it("pairs by round", () => {
  assert.deepStrictEqual(pairedRatios([2, 30], [1, 10]), [2, 3])
  assert.throws(() => pairedRatios([1], []))
})
