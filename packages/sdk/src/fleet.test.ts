import { describe, expect, it } from "vitest"
import type { WindFlow } from "./contract.ts"
import { fleet } from "./fleet.ts"

const names = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`)

describe("the same work on several targets", () => {
  it("goes on a few at a time, in order, and one that fails stops no other", async () => {
    let [open, most] = [0, 0]
    const results = await fleet(
      names(10),
      async (target) => {
        most = Math.max(most, ++open)
        await new Promise((resolve) => setImmediate(resolve))
        open--
        if (target === "t3") throw new Error("three")
        return target
      },
      { concurrency: 3 },
    )
    expect(most).toBe(3)
    expect(results.map(({ target }) => target)).toEqual(names(10))
    expect(results.filter(({ status }) => status === "failed").map(({ target }) => target)).toEqual(["t3"])
    expect(results.filter(({ status }) => status === "done")).toHaveLength(9)
  })
})

/** Targets of which only the numbers of revisions matter; `did` is what undoing called. */
const world = (state: Record<string, { revisions: Array<number>; runs: boolean; stuck?: boolean }>) => {
  const did: Array<string> = []
  const at = (ref: unknown) => state[(ref as { target: string }).target]!
  const where = (ref: unknown) => (ref as { target: string }).target
  const flow = {
    history: (ref: unknown) =>
      Promise.resolve(at(ref).revisions.map((number) => ({ number, status: "succeeded" as const }))),
    ps: (ref: unknown) => Promise.resolve(at(ref).runs ? [{}] : []),
    down: (ref: unknown) =>
      at(ref).stuck === true ? Promise.reject(new Error("stuck")) : Promise.resolve(did.push(`down ${where(ref)}`)),
    rollback: (ref: unknown, { to }: { to: number }) => Promise.resolve(did.push(`rollback ${where(ref)} ${to}`)),
  }
  const deploy = (target: string) => {
    const one = state[target]!
    one.revisions.unshift((one.revisions[0] ?? 0) + 1)
    one.runs = true
  }
  // The four members that undoing uses.
  return { flow: flow as unknown as WindFlow, did, deploy }
}

describe("all or nothing", () => {
  it("puts back what was changed: a revision, or nothing; leaves the unchanged; does not begin the rest", async () => {
    const { flow, did, deploy } = world({
      had: { revisions: [4, 3], runs: true },
      fresh: { revisions: [], runs: false },
      same: { revisions: [2], runs: true },
      breaks: { revisions: [7], runs: true },
      late: { revisions: [], runs: false },
    })
    const results = await fleet(
      ["had", "fresh", "same", "breaks", "late"],
      async (target) => {
        if (target === "breaks") throw new Error("broken")
        if (target !== "same") deploy(target)
      },
      { concurrency: 1, allOrNothing: { flow, project: "shop" } },
    )
    expect(Object.fromEntries(results.map(({ target, status }) => [target, status]))).toEqual({
      had: "undone",
      fresh: "undone",
      same: "done",
      breaks: "undone",
      late: "skipped",
    })
    expect(did.sort()).toEqual(["down fresh", "rollback breaks 7", "rollback had 4"])
  })

  it("changes nothing back when all went well, and says what could not be put back", async () => {
    const well = world({ a: { revisions: [], runs: false } })
    await fleet(["a"], async (target) => well.deploy(target), { allOrNothing: { flow: well.flow, project: "shop" } })
    expect(well.did).toEqual([])

    const { flow, deploy } = world({
      stuck: { revisions: [], runs: false, stuck: true },
      foreign: { revisions: [], runs: true },
      breaks: { revisions: [], runs: false },
    })
    const results = await fleet(
      ["stuck", "foreign", "breaks"],
      async (target) => {
        if (target === "breaks") throw new Error("broken")
        deploy(target)
      },
      { concurrency: 1, allOrNothing: { flow, project: "shop" } },
    )
    expect(results.map(({ status }) => status)).toEqual(["not-undone", "not-undone", "undone"])
    expect(String(results[0]?.undoError)).toContain("stuck")
    expect(results[1]?.undoError).toMatchObject({ _tag: "Usage" })
  })
})
