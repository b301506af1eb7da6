import { assert, it } from "@effect/vitest"
import { exampleStack, freePort, imageVariables, openBed, operationsIn } from "../deployment.fixture.ts"

it("serves a guest book that keeps what is written", async () => {
  const port = await freePort()
  await using bed = await openBed("lamp")
  const env = { ...(await imageVariables(["debian", "mariadb"])), LAMP_PORT: String(port) }
  const stack = await exampleStack("lamp", bed.project, env)
  const { revision } = await bed.up(stack)
  assert.strictEqual(revision.status, "succeeded")

  const address = `http://127.0.0.1:${port}/`
  const page = async () => (await fetch(address)).text()
  assert.include(await page(), "Nobody has written yet.")
  const form = new URLSearchParams({ author: "Ada <i>", text: "Grüße & <b>hello</b>" })
  assert.strictEqual((await fetch(address, { method: "POST", body: form, redirect: "manual" })).status, 303)
  const signed = await page()
  assert.include(signed, "1 entry, kept in MariaDB.")
  assert.include(signed, "Ada &lt;i&gt;")
  assert.include(signed, "Grüße &amp; &lt;b&gt;hello&lt;/b&gt;")

  const before = await bed.windflow.ps(bed.project)
  const again = await bed.up(stack)
  assert.deepStrictEqual(operationsIn(again.events), [])
  assert.deepStrictEqual(
    (await bed.windflow.ps(bed.project)).map(({ id }) => id),
    before.map(({ id }) => id),
  )

  // Down keeps the volume: what was written is there when the stack comes back.
  await bed.windflow.down(bed.project)
  await bed.up(stack)
  assert.include(await page(), "Ada &lt;i&gt;")
})
