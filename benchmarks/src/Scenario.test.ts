import { assert, it } from "@effect/vitest"
import { runScenario, type Scenario } from "./Scenario.ts"

const scenario = (log: Array<string>, check?: () => Promise<void>): Scenario => ({
  name: "s",
  title: "S",
  rounds: 3,
  contestants: ["a", "b"].map((name, i) => ({
    name,
    before: async () => void log.push(`before ${name}`),
    // The warm-up round is slow; were it counted, the median would show it.
    measure: async () => ({ seconds: log.push(name) <= 4 ? 100 : (i + 1) * 2, cpuSeconds: i + 1 }),
    ...(check === undefined ? {} : { check }),
  })),
  comparisons: [
    { of: "b", against: "a", atMost: 1 },
    { of: "c", against: "a" },
  ],
  missing: ["c is not built"],
})

it("interleaves contestants, changes their order, throws the warm-up away and pairs rounds", async () => {
  const log: Array<string> = []
  const outcome = await runScenario(scenario(log), () => {})
  assert.deepStrictEqual(
    log.filter((line) => !line.startsWith("before")),
    ["a", "b", "b", "a", "a", "b", "b", "a"],
  )
  assert.deepStrictEqual(outcome.series[0]?.seconds, [2, 2, 2])
  assert.strictEqual(outcome.series[1]?.cpuSeconds, 2)
  assert.lengthOf(outcome.ratios, 1)
  assert.deepInclude(outcome.ratios[0], { of: "b", against: "a", atMost: 1 })
  assert.strictEqual(outcome.ratios[0]?.estimate.median, 2)
  assert.deepStrictEqual(outcome.missing, ["c is not built"])
})

it("ends when work was not done", async () => {
  const failed = await runScenario(
    scenario([], () => Promise.reject(new Error("not up"))),
    () => {},
  ).catch((error: unknown) => error)
  assert.include(String(failed), "not up")
})

it("adds a third contestant's time to what is compared against, when it was measured", async () => {
  const sums = {
    ...scenario([]),
    comparisons: [
      { of: "b", against: "a", plus: "a" },
      { of: "b", against: "a", plus: "c" },
    ],
  }
  const { ratios } = await runScenario(sums, () => {})
  assert.deepStrictEqual(
    ratios.map(({ plus, estimate }) => [plus, estimate.median]),
    [["a", 1]],
  )
})
