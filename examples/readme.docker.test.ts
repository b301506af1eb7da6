/** The first Compose file of the README, as it stands there: only image, project and port are those of the test. */
import { readFileSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { compose } from "@windflow/sdk"
import { baseImages } from "@windflow/testcontainers"
import { freePort, openBed } from "./deployment.fixture.ts"

const replaced = (text: string, from: string, to: string): string => {
  assert.include(text, from)
  return text.replace(from, to)
}

it("the README's first file deploys, becomes healthy, serves its page, and a second up changes nothing", async () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8")
  const block = /```yaml\n# compose\.yaml\n([^]*?)```/.exec(readme)?.[1]
  assert.isDefined(block)
  const port = await freePort()
  const { nginx } = await baseImages(["nginx"])
  await using bed = await openBed("readme")
  const ofTest = [
    ["name: hello", `name: ${bed.project}`],
    ["image: nginx:1.28", `image: ${nginx}\n    stop_grace_period: 0s`],
    ["127.0.0.1:8080:80", `127.0.0.1:${port}:80`],
  ] as const
  const directory = await mkdtemp(join(tmpdir(), "windflow-readme-"))
  try {
    const text = ofTest.reduce((written, [from, to]) => replaced(written, from, to), block)
    await writeFile(join(directory, "compose.yaml"), text)
    const stack = compose(undefined, { directory })
    const first = await bed.up(await stack)
    assert.strictEqual(first.revision.status, "succeeded")
    assert.strictEqual((await fetch(`http://127.0.0.1:${port}`)).status, 200)
    const second = await bed.up(await stack)
    assert.strictEqual(second.revision.number, first.revision.number)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
