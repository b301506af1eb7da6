import { describe, expect, it } from "vitest"
import { isGreen, isReport, sum, tally } from "./tally.ts"

const file = (status: string, statuses: ReadonlyArray<string>, message = "") => ({
  name: "a.test.ts",
  status,
  message,
  assertionResults: statuses.map((status, i) => ({ fullName: `test ${i}`, status })),
})
const clean = { code: 0, signal: null }

describe("a shard's count", () => {
  it("adds up passed, failed and skipped tests", () => {
    const report = {
      testResults: [file("passed", ["passed", "skipped", "todo"]), file("failed", ["failed", "passed"])],
    }
    expect(tally(report, { code: 1, signal: null })).toEqual({
      passed: 2,
      failed: 1,
      skipped: 2,
      files: 2,
      problems: [],
    })
  })

  it("is empty and fine when the shard has no test file", () => {
    expect(tally({ testResults: [] }, clean)).toEqual({ passed: 0, failed: 0, skipped: 0, files: 0, problems: [] })
  })

  it("fails when the process left no report", () => {
    expect(tally(undefined, { code: null, signal: "SIGKILL" })).toMatchObject({
      failed: 1,
      problems: ["ended with signal SIGKILL and left no report"],
    })
  })

  it("fails when a file did not load, although no test of it failed", () => {
    const report = { testResults: [file("failed", [], "Cannot find module 'x'\n at y"), file("passed", ["passed"])] }
    expect(tally(report, { code: 1, signal: null })).toMatchObject({
      passed: 1,
      failed: 1,
      problems: ["a.test.ts: Cannot find module 'x'"],
    })
  })

  it("fails when a file holds no test", () => {
    expect(tally({ testResults: [file("passed", [])] }, clean)).toMatchObject({ failed: 1 })
  })

  it("fails when a test was still running at the end", () => {
    expect(tally({ testResults: [file("passed", ["passed", "pending"])] }, clean)).toMatchObject({
      passed: 1,
      failed: 1,
    })
  })

  it("fails when the process says so and no test does", () => {
    expect(tally({ testResults: [file("passed", ["passed"])] }, { code: 1, signal: null })).toMatchObject({
      passed: 1,
      failed: 1,
      problems: ["ended with exit code 1 although no test failed"],
    })
  })
})

it("takes only whole reports", () => {
  expect(isReport({ testResults: [file("passed", ["passed"])] })).toBe(true)
  expect(isReport({ testResults: [{ name: "x", status: "passed" }] })).toBe(false)
  expect(isReport(null)).toBe(false)
})

it("is green only when something passed and nothing failed", () => {
  const one = { passed: 1, failed: 0, skipped: 0, files: 1, problems: [] }
  const none = { passed: 0, failed: 0, skipped: 3, files: 1, problems: [] }
  expect(sum([one, none])).toEqual({ passed: 1, failed: 0, skipped: 3 })
  expect(isGreen(sum([one, none]))).toBe(true)
  expect(isGreen(sum([none]))).toBe(false)
  expect(isGreen({ passed: 5, failed: 1 })).toBe(false)
})
