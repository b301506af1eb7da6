// Runs vitest's projects one after another, each in its own process, and prints the sum. Called by scripts/test.
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Skip } from "./skip-reasons.ts"
import { shards } from "./shards.ts"
import { isGreen, isReport, sum, tally, type Ended, type Tally } from "./tally.ts"

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return undefined // absent or half written: the tally treats it as a crash
  }
}

const run = (shard: string, folder: string): Promise<Ended> =>
  new Promise((resolve) => {
    const reporter = join(import.meta.dirname, "skip-reasons.ts")
    const child = spawn(
      process.execPath,
      [
        "node_modules/vitest/vitest.mjs",
        "run",
        `--project=${shard}`,
        "--passWithNoTests",
        "--reporter=default",
        "--reporter=json",
        `--reporter=${reporter}`,
        `--outputFile.json=${join(folder, "report.json")}`,
      ],
      {
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env, WINDFLOW_SKIP_REASONS: join(folder, "skips.json") },
      },
    )
    child.once("error", () => resolve({ code: 1, signal: null }))
    child.once("close", (code, signal) => resolve({ code, signal }))
  })

const printReasons = (skips: unknown): void => {
  if (!Array.isArray(skips) || skips.length === 0) return
  const byReason = Map.groupBy(skips as ReadonlyArray<Skip>, (skip) => skip.reason) // written by our own reporter
  for (const [reason, tests] of byReason) {
    console.log(`  skipped (${tests.length}): ${reason}`)
    for (const { test } of tests.slice(0, 3)) console.log(`    ${test}`)
    if (tests.length > 3) console.log(`    and ${tests.length - 3} more`)
  }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => shards.every((shard) => shard.name !== name))
if (unknown.length > 0) {
  console.error(`error: no shard named ${unknown.join(", ")}; there are: ${shards.map((s) => s.name).join(", ")}`)
  process.exit(3)
}

const lines: Array<string> = []
const tallies: Array<Tally> = []
for (const { name } of shards) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const folder = mkdtempSync(join(tmpdir(), `windflow-${name}-`))
  const start = performance.now()
  const ended = await run(name, folder)
  const report = readJson(join(folder, "report.json"))
  const result = tally(isReport(report) ? report : undefined, ended)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  tallies.push(result)
  const { passed, failed, skipped, files } = result
  lines.push(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${files} files, ${seconds} s`)
  console.log(`\n${lines.at(-1)}`)
  for (const problem of result.problems) console.log(`  problem: ${problem}`)
  printReasons(readJson(join(folder, "skips.json")))
  rmSync(folder, { recursive: true, force: true })
}

const total = sum(tallies)
console.log(`\n${lines.join("\n")}`)
if (total.passed === 0) console.log("no test passed: that is a failure")
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(isGreen(total) ? 0 : 1)
