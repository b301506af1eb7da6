/** A real process killed with -9 before and after every entry of its journal: the next `up` converges and says that it resumes. */
import { baseImages } from "@windflow/testcontainers"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, makeBed, shop } from "./bed.ts"

let image = ""
beforeAll(async () => {
  image = (await baseImages(["busybox"])).busybox
  await bundle()
})
afterAll(clearBeds)

/** What this test reads of a row. */
type Row =
  | { readonly _tag: "Intent"; readonly operation: { readonly id: string } }
  | { readonly _tag: "Succeeded"; readonly operation: string }
  | { readonly _tag: "RunStarted" | "RunEnded" }

const journalRows = (bed: Bed): ReadonlyArray<Row> => {
  const root = path.join(bed.directory, "state/journal")
  if (!existsSync(root)) return []
  return (
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".jsonl"))
      .flatMap((name) => readFileSync(path.join(root, name), "utf8").split("\n"))
      .filter((line) => line !== "")
      // The engine wrote it a moment ago; reading it by itself is the point.
      .map((line) => JSON.parse(line) as Row)
  )
}

/** What the next run must say of a journal that ended here; undefined when no run is open. */
const announcement = (rows: ReadonlyArray<Row>): string | undefined => {
  if (rows.length === 0 || rows.at(-1)?._tag === "RunEnded") return undefined
  const done = new Set(rows.flatMap((row) => (row._tag === "Succeeded" ? [row.operation] : [])))
  const open = rows.flatMap((row) => (row._tag === "Intent" && !done.has(row.operation.id) ? [row.operation.id] : []))
  const last = open.at(-1)
  const where = last === undefined ? "" : `, outcome of ${last} was open`
  return `Resuming an unfinished run: ${done.size} operation${done.size === 1 ? "" : "s"} done${where}.`
}

/** Dies at a point of a first `up`, runs `up` again, and returns what is wrong with the result; undefined when nothing is. */
const crashedAt = async (when: "before" | "after", row: number): Promise<string | undefined> => {
  const at = `${when}:${row}`
  const bed = await makeBed(`crash-${when}-${row}`)
  bed.write(shop(image))
  const died = await bed.dying(at, ["up"])
  if (died.signal !== "SIGKILL") return `${at}: did not die (exit ${died.code}): ${died.err}`
  const expected = announcement(journalRows(bed))
  const resumed = await bed.windflow(["up"])
  if (resumed.code !== 0) return `${at}: the next up failed with ${resumed.code}: ${resumed.err}`
  const said = resumed.err.split("\n").find((line) => line.startsWith("Resuming"))
  if (said !== expected) return `${at}: says "${said}", expected "${expected}"`
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
  const rows = journalRows(whole).length
  expect(rows).toBeGreaterThan(10)
  const points = Array.from({ length: rows }, (_, index) => index + 1).flatMap((row) => [
    ["before", row] as const,
    ["after", row] as const,
  ])
  const wrong: Array<string> = []
  // A lane never gives up: what it left behind would be found by the next run.
  // Some at a time: each point has a project of its own, and mostly waits.
  const lanes = 4
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (const [when, row] of points.filter((_, index) => index % lanes === lane)) {
        const problem = await crashedAt(when, row).catch((error: unknown) => `${when}:${row}: ${String(error)}`)
        if (problem !== undefined) wrong.push(problem)
      }
    }),
  )
  expect(wrong).toEqual([])
})
