import { assert, it } from "@effect/vitest"
import { Clock, Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import { follow } from "./follow.ts"

it.effect("opens a source again, ever later, whether it failed, ended or broke; a long good time begins anew", () =>
  Effect.gen(function* () {
    const opened: Array<number> = []
    const taken: Array<string> = []
    const source = Stream.unwrap(
      Effect.map(Clock.currentTimeMillis, (at) => {
        const nth = opened.push(at)
        const listed = Stream.succeed(`list ${nth}`)
        if (nth === 1) return Stream.concat(listed, Stream.fail("lost"))
        if (nth === 2) return listed
        if (nth === 3) return Stream.die("bug")
        if (nth === 4) return Stream.concat(listed, Stream.drain(Stream.fromEffect(Effect.sleep("2 minutes"))))
        return Stream.concat(listed, Stream.never)
      }),
    )
    yield* Effect.forkChild(follow(source, (key) => Effect.sync(() => void taken.push(key))))
    yield* TestClock.adjust("10 minutes")
    assert.deepStrictEqual(taken, ["list 1", "list 2", "list 4", "list 5"])
    const delays = opened.slice(1).map((at, index) => at - opened[index]!)
    const within = (delay: number | undefined, base: number) => {
      assert.isAtLeast(delay!, base * 0.8)
      assert.isAtMost(delay!, base * 1.2)
    }
    within(delays[0], 100)
    within(delays[1], 200)
    within(delays[2], 400)
    within(delays[3]! - 120_000, 100)
  }),
)
