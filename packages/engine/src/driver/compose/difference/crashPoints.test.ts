import { expect, test } from "vitest"
import { everyPoint, someOf, somePoints } from "./crashPoints.ts"

test("a sample visits every point after as many seeds as its step is wide", () => {
  const visited = [0, 1, 2, 3, 4].flatMap((seed) => somePoints(7, 5, seed))
  expect(visited).toHaveLength(14)
  expect(new Set(visited.map((point) => JSON.stringify(point)))).toEqual(
    new Set(everyPoint(7).map((point) => JSON.stringify(point))),
  )
})

test("samples of items take turns", () => {
  const items = ["a", "b", "c", "d", "e", "f", "g"]
  expect(someOf(items, 3, 0)).toEqual(["a", "b", "c"])
  expect(someOf(items, 3, 1)).toEqual(["d", "e", "f"])
  expect(new Set([0, 1, 2].flatMap((seed) => someOf(items, 3, seed)))).toEqual(new Set(items))
})
