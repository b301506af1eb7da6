// The stages that need no host: the clock (an injected one), and what a failure keeps from being tried.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { HostUnreachable } from "../model/errors/union.ts"
import { clockStage, failureOf, inOrder } from "./stages.ts"

const hour = 3_600_000

it.effect("a clock that is off is a warning with its distance, one that is not is none", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(10 * hour)
    const told = (theirs: number) => clockStage(Effect.succeed(theirs))
    assert.deepStrictEqual(yield* told(10 * hour), { detail: "+1 s" })
    assert.deepStrictEqual(yield* told(11 * hour), { detail: "+3601 s", finding: "clock-off" })
    assert.deepStrictEqual(yield* told(9 * hour), { detail: "-3600 s", finding: "clock-off" })
    // The way there and back may be slow: it says nothing about the clock.
    const slow = clockStage(Effect.as(TestClock.adjust("8 seconds"), 10 * hour + 1000))
    assert.deepStrictEqual(yield* slow, { detail: "-3 s" })
  }),
)

it.effect("what comes behind a failure is skipped, and the failure is the report's", () =>
  Effect.gen(function* () {
    const gone = new HostUnreachable({ host: "box", reason: "refused", detail: "refused" })
    const stages = yield* inOrder([
      ["dns", Effect.succeed({ detail: "127.0.0.1" })],
      ["tcp", Effect.fail(gone)],
      ["ssh", Effect.die("must not be tried")],
    ])
    assert.deepStrictEqual(
      stages.map(({ stage, status }) => `${stage} ${status}`),
      ["dns passed", "tcp failed", "ssh skipped"],
    )
    assert.strictEqual(failureOf(stages), gone)
    assert.isUndefined(failureOf(stages.slice(0, 1)))
  }),
)
