// A reader that falls behind: how much is kept, what is told of the rest, and that an end and a failure still arrive.
import { Effect, Exit, Latch, Stream } from "effect"
import { expect, test } from "vitest"
import type { LogLine } from "../Driver.ts"
import { bounded } from "./boundedLines.ts"

const line = (text: string): LogLine => ({ service: "web", container: "web-1", stream: "stdout", at: "", text })
const numbers = (count: number) => Stream.fromIterable(Array.from({ length: count }, (_, n) => line(String(n))))
const textOf = (one: LogLine) => ("text" in one ? one.text : "dropped" in one ? `dropped ${one.dropped}` : "resumed")

/** Reads only after everything was written. */
const read = (count: number, capacity: number) =>
  Effect.gen(function* () {
    const written = yield* Latch.make()
    const lines = Stream.concat(numbers(count), Stream.drain(Stream.fromEffect(written.open)))
    const late = Stream.mapEffect(bounded(lines, capacity), (one) => Effect.as(written.await, one))
    return (yield* Stream.runCollect(late)).map(textOf)
  }).pipe(Effect.runPromise)

test("the newest lines are kept, the others are counted where they are missing", async () => {
  const told = await read(5000, 100)
  expect(told.slice(-100)).toEqual(Array.from({ length: 100 }, (_, n) => String(4900 + n)))
  const texts = told.filter((one) => !one.startsWith("dropped"))
  const dropped = told.filter((one) => one.startsWith("dropped")).map((one) => Number(one.slice("dropped ".length)))
  expect(dropped.length).toBeGreaterThan(0)
  expect(texts.length + dropped.reduce((sum, n) => sum + n, 0)).toBe(5000)
  // What a reader may hold: what was handed over before it fell behind, and the buffer.
  expect(texts.length).toBeLessThanOrEqual(256 + 100)
})

test("nothing is missing where the buffer is large enough", async () => {
  expect(await read(1000, 1000)).toEqual(Array.from({ length: 1000 }, (_, n) => String(n)))
})

test("a failure comes behind the lines before it", async () => {
  const failing = Stream.concat(numbers(3), Stream.fail("gone"))
  const seen: Array<string> = []
  const exit = await Effect.runPromiseExit(
    Stream.runForEach(bounded(failing, 10), (one) => Effect.sync(() => seen.push(textOf(one)))),
  )
  expect(exit).toEqual(Exit.fail("gone"))
  expect(seen).toEqual(["0", "1", "2"])
})
