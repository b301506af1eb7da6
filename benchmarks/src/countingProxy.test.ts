import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { startProxy } from "./countingProxy.ts"
import { openEngine } from "./engineApi.ts"

it("passes calls on and counts them, ids and versions left out", async () => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-proxy-"))
  const engineSocket = join(directory, "engine.sock")
  const engine = createServer((request, response) => {
    request.resume()
    response.end(JSON.stringify({ path: request.url }))
  })
  await new Promise<void>((resolve) => engine.listen(engineSocket, resolve))
  const proxy = await startProxy(`unix://${engineSocket}`, join(directory, "proxy.sock"))
  const client = openEngine(proxy.host)
  try {
    assert.deepStrictEqual(await client.call("GET", "/_ping"), { path: "/v1.44/_ping" })
    await client.call("POST", `/containers/${"a".repeat(64)}/start?x=1`, {})
    assert.deepStrictEqual(proxy.take(), ["GET /_ping", "POST /containers/ID/start"])
    assert.deepStrictEqual(proxy.take(), [])
  } finally {
    client.close()
    await proxy.close()
    engine.close()
    rmSync(directory, { recursive: true })
  }
})
