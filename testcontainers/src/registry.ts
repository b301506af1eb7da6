// An image registry on loopback that serves one image of the local engine under any name, or refuses as a test tells it to.
import { createReadStream } from "node:fs"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { createServer, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { exportImage } from "./images.ts"
import { run } from "./process.ts"

export interface Registry {
  readonly port: number
  /** Answers every request with this status from now on; undefined: serves the image. */
  readonly refuse: (status: number | undefined) => void
  /** Paths that were asked for. */
  readonly asked: ReadonlyArray<string>
  readonly stop: () => Promise<void>
}

interface Index {
  readonly manifests: ReadonlyArray<{ readonly digest: string; readonly mediaType: string }>
}

/** Engines take a registry on loopback without TLS. */
export const startRegistry = async (image: string): Promise<Registry> => {
  const directory = await mkdtemp(join(tmpdir(), "windflow-registry-"))
  const archive = join(directory, "image.tar")
  await exportImage(image, archive)
  await run("tar", ["-C", directory, "-xf", archive])
  // An archive of an engine is an OCI layout: written by Docker, so its shape is known.
  const { manifests } = JSON.parse(await readFile(join(directory, "index.json"), "utf8")) as Index
  const [manifest] = manifests
  if (manifest === undefined) throw new Error(`the archive of ${image} names no manifest`)

  let refused: number | undefined
  const asked: Array<string> = []
  const send = async (digest: string, type: string, head: boolean, response: ServerResponse): Promise<void> => {
    const file = join(directory, "blobs", ...digest.split(":"))
    const found = await stat(file).catch(() => undefined)
    if (found === undefined) return void response.writeHead(404).end()
    response.writeHead(200, { "content-type": type, "content-length": found.size, "docker-content-digest": digest })
    if (head) response.end()
    else createReadStream(file).pipe(response)
  }
  const server = createServer((request, response) => {
    const path = request.url ?? ""
    asked.push(path)
    if (refused !== undefined)
      return response.writeHead(refused, { "content-type": "application/json" }).end('{"errors":[]}')
    const digest = /sha256:[0-9a-f]{64}$/.exec(path)?.[0]
    const head = request.method === "HEAD"
    if (/\/manifests\//.test(path)) return send(digest ?? manifest.digest, manifest.mediaType, head, response)
    if (digest !== undefined) return send(digest, "application/octet-stream", head, response)
    return response.writeHead(200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    refuse: (status) => void (refused = status),
    asked,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}
