import { expect, it } from "vitest"
import { splitTargets } from "./targetList.ts"

it.each([
  ["a", ["a"]],
  ["a,b", ["a", "b"]],
  ["ssh://h?jump=x,y", ["ssh://h?jump=x,y"]],
  ["ssh://h?jump=x,y,ssh://i,b", ["ssh://h?jump=x,y", "ssh://i", "b"]],
])("%s", (text, expected) => {
  expect(splitTargets(text)).toEqual(expected)
})
