import { expect, test } from "vitest"
import { sharedLayers } from "./sharedLayers.ts"

test.each([
  ["nothing is there", "a b c", [], ""],
  ["the longest common beginning counts", "a b c", ["a x", "a b y", "z b c"], "a b"],
  ["a layer in another place is another layer", "a b", ["b a", "x b"], ""],
  ["all of it", "a b", ["a b c"], "a b"],
  ["what comes again above the beginning has to travel", "a b a", ["a b"], "b"],
])("%s", (_, layers, others, shared) => {
  const words = (text: string) => text.split(" ").filter((word) => word !== "")
  expect([...sharedLayers(words(layers), others.map(words))]).toEqual(words(shared))
})
