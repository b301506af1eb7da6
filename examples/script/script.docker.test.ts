import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { imageVariables, openBed } from "../deployment.fixture.ts"
import { deploy } from "./deploy.ts"

it("deploys with a secret whose value is seen nowhere but in the container", async () => {
  await using bed = await openBed("script")
  const said: Array<string> = []
  const environment = { ...process.env, ...(await imageVariables(["redis"])) }
  const { project, stateDirectory } = bed
  const run = (verb: string) =>
    deploy({ verb, project, stateDirectory, environment, say: (text) => void said.push(text) })

  await run("plan")
  assert.include(said.join("\n"), "store")
  assert.deepStrictEqual(await bed.windflow.ps(project), [])
  await run("up")
  assert.match(said.at(-1) ?? "", /^revision 1 of .*: succeeded$/)

  const read = await bed.windflow.exec(project, "store", ["printenv", "STORE_PASSWORD"])
  const password = Buffer.from(read.stdout).toString().trim()
  assert.lengthOf(password, 32)
  const ping = await bed.windflow.exec(project, "store", ["sh", "-c", 'REDISCLI_AUTH="$0" redis-cli ping', password])
  assert.include(Buffer.from(ping.stdout).toString(), "PONG")
  const refused = await bed.windflow.exec(project, "store", ["redis-cli", "ping"])
  assert.include(Buffer.from(refused.stdout).toString(), "NOAUTH")

  // The journal, the plan, the events and the history know a name and a version.
  const files = await readdir(stateDirectory, { recursive: true, withFileTypes: true })
  const kept = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), "utf8")),
  )
  assert.isAbove(kept.length, 1)
  const history = JSON.stringify(await bed.windflow.history(project))
  for (const text of [...kept, ...said, history]) assert.notInclude(text, password)
})
