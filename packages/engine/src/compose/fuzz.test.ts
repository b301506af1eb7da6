/**
 * Mutated Compose files: the loader answers with a stack or with findings, whatever it reads. A sample here; with
 * WINDFLOW_NIGHTLY=1 a million, and then none may take more than a second of processor time nor let the heap grow.
 */
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Effect, Exit } from "effect"
import { expect, it } from "vitest"
import { filesOf, readCases } from "./cases/Case.ts"
import { load, render } from "./index.ts"

const nightly = process.env["WINDFLOW_NIGHTLY"] === "1"
const RUNS = nightly ? 1_000_000 : 1500
const SEED = Number(process.env["WINDFLOW_SEED"] ?? 20_261_122)

/** Mulberry32: small, and the same everywhere. */
const random = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const texts = (): string[] => {
  const cases = join(import.meta.dirname, "cases")
  const own = readdirSync(cases)
    .filter((name) => name.endsWith(".yaml"))
    .flatMap((name) => readCases(readFileSync(join(cases, name), "utf8")))
    .flatMap((one) => Object.values(filesOf(one)))
  const corpus = resolve(process.env["WINDFLOW_CORPUS"] ?? join(import.meta.dirname, "../../../../../shared/corpus"))
  const others = existsSync(corpus) ? globSync("**/*.{yaml,yml}", { cwd: corpus }) : []
  return [...own, ...others.toSorted().map((name) => readFileSync(join(corpus, name), "utf8"))]
}

const SPLICES = [
  "<<: ",
  "*a",
  "&a ",
  "!reset ",
  "!override ",
  "${A:-",
  "}",
  "$",
  "[",
  "]",
  "{",
  "}",
  ": ",
  "- ",
  "\n",
  "  ",
  "'",
  '"',
  "|\n",
  "#",
  "null",
  "0x",
  "1e999",
  ".nan",
  "-1",
  "99999999999999999999",
  "__proto__",
  "x-",
  "\u2028",
  "😀",
  "\t",
  "~",
  "!!int ",
  "? ",
  "---\n",
  "service:",
  "=",
  ":::",
]

const mutate = (text: string, all: ReadonlyArray<string>, pick: (below: number) => number): string => {
  let result = text
  for (let n = 1 + pick(4); n > 0; n--) {
    const at = pick(result.length + 1)
    const lines = result.split("\n")
    switch (pick(7)) {
      case 0:
        result = result.slice(0, at) + SPLICES[pick(SPLICES.length)]! + result.slice(at)
        break
      case 1:
        result = result.slice(0, at) + result.slice(at + 1 + pick(8))
        break
      case 2:
        lines.splice(pick(lines.length), 1)
        result = lines.join("\n")
        break
      case 3:
        lines.splice(pick(lines.length), 0, lines[pick(lines.length)]!)
        result = lines.join("\n")
        break
      case 4: {
        const other = all[pick(all.length)]!.split("\n")
        lines.splice(pick(lines.length), 0, other[pick(other.length)]!)
        result = lines.join("\n")
        break
      }
      case 5:
        lines[pick(lines.length)] = `${" ".repeat(pick(6))}${lines[pick(lines.length)]!.trimStart()}`
        result = lines.join("\n")
        break
      default:
        result = result.slice(0, at) + String.fromCharCode(pick(0x300)) + result.slice(at + 1)
    }
  }
  return result
}

it(`survives ${RUNS} mutated files (seed ${SEED})`, { timeout: nightly ? 86_400_000 : 120_000 }, async () => {
  const all = texts()
  const pick = random(SEED)
  const warm = { heap: 0 }
  let [accepted, slowest] = [0, 0]
  for (let run = 0; run < RUNS; run++) {
    const text = mutate(all[pick(all.length)]!, all, pick)
    const before = process.cpuUsage()
    const result = await Effect.runPromiseExit(
      load(
        { workingDirectory: "/w", files: ["-"], stdin: text, projectName: "p" },
        {
          env: {},
          readFile: (path) => Effect.succeed(path === "/w/compose.yaml" ? text : undefined),
          allowRemote: false,
          allowProvider: true,
        },
      ),
    )
    if (Exit.isSuccess(result)) {
      accepted++
      JSON.parse(render(result.value.model, "json"))
      render(result.value.model, "yaml")
    } else if (!result.cause.reasons.every((reason) => reason._tag === "Fail"))
      throw new Error(`crashed on run ${run} (seed ${SEED}): ${String(result.cause)}\n${JSON.stringify(text)}`)
    const used = process.cpuUsage(before)
    slowest = Math.max(slowest, used.user + used.system)
    if (nightly && run === 10_000) warm.heap = process.memoryUsage().heapUsed
  }
  console.log(`${accepted} of ${RUNS} accepted; the slowest took ${(slowest / 1000).toFixed(0)} ms of processor time`)
  expect(accepted).toBeGreaterThan(0)
  if (!nightly) return
  expect(slowest).toBeLessThan(1_000_000)
  expect(process.memoryUsage().heapUsed).toBeLessThan(warm.heap + 512 * 1024 * 1024)
})
