import { randomUUID } from "node:crypto"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { forgetDeployment } from "@windflow/testcontainers"
import { freePort, imageVariables, openBed } from "../deployment.fixture.ts"
import { Previews, projectOf } from "./preview.ts"

const directory = join(import.meta.dirname, "stack")

it("stops when it is told to, goes on with the next call, and cleans up", async () => {
  // The bed looks at what the tool did, through a WindFlow of its own.
  await using bed = await openBed("embedding")
  const branch = `Feature/${randomUUID().slice(0, 8)}`
  const project = projectOf(branch)
  const port = await freePort()
  const variables = { ...(await imageVariables(["busybox"])), PREVIEW_PORT: String(port) }
  await using previews = await Previews.open({ env: process.env, stateDirectory: bed.stateDirectory })
  try {
    const stopping = new AbortController()
    const heard: Array<string> = []
    const say = (line: string) => {
      heard.push(line)
      // The user presses "stop" as soon as something has happened.
      if (line.startsWith("done:")) stopping.abort()
    }
    const stopped = await previews.deploy({ branch, directory, variables, signal: stopping.signal, say })
    assert.deepStrictEqual(stopped, { state: "stopped" })
    assert.include(heard[0], "changes to make")

    const running = await previews.deploy({ branch, directory, variables, signal: new AbortController().signal, say })
    assert.strictEqual(running.state, "running", JSON.stringify(running))
    assert.strictEqual(await (await fetch(`http://127.0.0.1:${port}/`)).text(), `hello from ${project}\n`)
    const containers = await bed.windflow.ps(project)
    assert.lengthOf(containers, 1)
  } finally {
    await previews.remove(branch)
    await forgetDeployment(project)
  }
  assert.deepStrictEqual(await bed.windflow.ps(project), [])
})

it("answers a broken file in the tool's words", async () => {
  await using bed = await openBed("embedding")
  await using previews = await Previews.open({ env: process.env, stateDirectory: bed.stateDirectory })
  const answer = await previews.deploy({
    branch: "broken",
    directory,
    variables: { PREVIEW_PORT: "not a port" },
    signal: new AbortController().signal,
    say: () => {},
  })
  assert.strictEqual(answer.state, "broken")
})
