/**
 * Asks the reference for the answer to every case and writes it beside the table: `node --conditions=@windflow/source
 * packages/engine/src/compose/cases/record.ts`, with WINDFLOW_COMPOSE_REFERENCE naming Docker Compose 5.5.0.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Answer, type Case, filesOf, HOME, readCases } from "./Case.ts"

const reference = process.env["WINDFLOW_COMPOSE_REFERENCE"]
if (reference === undefined) throw new Error("WINDFLOW_COMPOSE_REFERENCE must name Docker Compose 5.5.0")

const ask = (one: Case, args: ReadonlyArray<string>) => {
  const flags = [
    ...(one.use ?? []).flatMap((file) => ["-f", file]),
    ...(one.envFiles ?? []).flatMap((file) => ["--env-file", file]),
    ...(one.profiles ?? []).flatMap((profile) => ["--profile", profile]),
    ...(one.projectName === undefined ? [] : ["-p", one.projectName]),
  ]
  const env = { PATH: process.env["PATH"] ?? "", HOME: "/home/case", ...one.env }
  return spawnSync(reference, [...flags, ...args, ...(one.services ?? [])], { cwd: HOME, env, encoding: "utf8" })
}

const answer = (one: Case): Answer => {
  rmSync(HOME, { recursive: true, force: true })
  for (const [name, text] of Object.entries(filesOf(one))) {
    mkdirSync(dirname(join(HOME, name)), { recursive: true })
    writeFileSync(join(HOME, name), text)
  }
  const config = ask(one, ["config", "--format", "json"])
  if (config.status !== 0) return {}
  // Service arguments select what is printed, not what is hashed.
  const hash = ask({ ...one, services: [] }, ["config", "--hash", "*"])
  const lines = hash.stdout.split("\n").filter((line) => line !== "")
  return {
    config: JSON.parse(config.stdout),
    ...(hash.status === 0
      ? { hash: Object.fromEntries(lines.map((line) => line.split(" ", 2) as [string, string])) }
      : {}),
  }
}

const only = process.argv[2]
const folder = import.meta.dirname
for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
  const section = file.slice(0, -".yaml".length)
  if (only !== undefined && section !== only) continue
  const answers = Object.fromEntries(
    readCases(readFileSync(join(folder, file), "utf8")).map((one) => [one.name, answer(one)]),
  )
  writeFileSync(join(folder, `${section}.answers.json`), `${JSON.stringify(answers, null, 1)}\n`)
}
rmSync(HOME, { recursive: true, force: true })
