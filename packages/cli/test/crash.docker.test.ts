/** A real process killed with -9 before and after every entry of its journal: the next `up` converges and says that it resumes. */
import { baseImages } from "@windflow/testcontainers"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, makeBed, shop } from "./bed.ts"

let image = ""
beforeAll(async () => {
  image = (await baseImages(["busybox"])).busybox
  await bundle()
})
afterAll(clearBeds)

const journalRows = (bed: Bed): number => {
  const root = path.join(bed.directory, "state/journal")
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(path.join(root, name), "utf8").trimEnd().split("\n")).length
}

/** Dies at a point of a first `up`, runs `up` again, and returns what is wrong with the result; undefined when nothing is. */
const crashedAt = async (when: "before" | "after", row: number, rows: number): Promise<string | undefined> => {
  const at = `${when}:${row}`
  const bed = await makeBed(`crash-${when}-${row}`)
  bed.write(shop(image))
  const died = await bed.dying(at, ["up"])
  if (died.signal !== "SIGKILL") return `${at}: did not die (exit ${died.code}): ${died.err}`
  const resumed = await bed.windflow(["up"])
  if (resumed.code !== 0) return `${at}: the next up failed with ${resumed.code}: ${resumed.err}`
  // Before the first entry nothing was begun; after the last everything had ended.
  const open = at !== "before:1" && at !== `after:${rows}`
  if (resumed.err.includes("Resuming an unfinished run") !== open) return `${at}: says about resuming: ${resumed.err}`
  const containers = (await bed.containers()).join(", ")
  const wanted = ["api", "db", "web"].map((service) => `${bed.project}-${service}-1 running`).join(", ")
  if (containers !== wanted) return `${at}: ${containers}`
  const networks = await bed.networks()
  if (networks.length !== 1) return `${at}: networks ${networks.join(", ")}`
  const settled = await bed.windflow(["up"])
  if (!settled.out.includes("nothing was changed")) return `${at}: a third up did: ${settled.err}${settled.out}`
  await bed.windflow(["down", "-v", "-y"])
  return undefined
}

it("must converge after a kill at every journal entry", { timeout: 1_800_000 }, async () => {
  const whole = await makeBed("crash-none")
  whole.write(shop(image))
  expect(await whole.dying("never:0", ["up"])).toMatchObject({ code: 0 })
  const rows = journalRows(whole)
  expect(rows).toBeGreaterThan(10)
  const points = Array.from({ length: rows }, (_, index) => index + 1).flatMap((row) => [
    ["before", row] as const,
    ["after", row] as const,
  ])
  const wrong: Array<string> = []
  // Some at a time: each point has a project of its own, and mostly waits.
  const lanes = 4
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (const [when, row] of points.filter((_, index) => index % lanes === lane)) {
        const problem = await crashedAt(when, row, rows)
        if (problem !== undefined) wrong.push(problem)
      }
    }),
  )
  expect(wrong).toEqual([])
})
