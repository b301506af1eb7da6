/**
 * A registry on loopback, which engines reach without TLS: serves one tiny image under any name to those who give the right
 * name and password, and counts who asked for what.
 */
import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { pack } from "tar-stream"

const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`

const tar = async (files: Readonly<Record<string, string>>): Promise<Buffer> => {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mtime: new Date(0) }, content)
  archive.finalize()
  const chunks: Array<Buffer> = []
  for await (const chunk of archive) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export interface RegistryFixture {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** `METHOD path`, of those who were let in. */
  readonly served: () => ReadonlyArray<string>
  /** The credentials that came, good or bad. */
  readonly credentials: () => ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** `files`: what the image holds. Without a password everybody is let in. */
export const startRegistry = async (
  files: Readonly<Record<string, string>>,
  password?: { readonly username: string; readonly password: string },
): Promise<RegistryFixture> => {
  const layer = await tar(files)
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Cmd: ["/x"] },
      rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
    }),
  )
  const types = {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar",
  }
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, size: config.length, digest: digestOf(config) },
      layers: [{ mediaType: types.layer, size: layer.length, digest: digestOf(layer) }],
    }),
  )
  const blobs = new Map([layer, config].map((bytes) => [digestOf(bytes), bytes]))
  const served: Array<string> = []
  const credentials: Array<string> = []
  const wanted = password === undefined ? undefined : `${password.username}:${password.password}`
  const server = createServer((request, response) => {
    const { authorization } = request.headers
    const given = Buffer.from((authorization ?? "").replace(/^Basic /, ""), "base64").toString()
    if (authorization !== undefined) credentials.push(given)
    if (wanted !== undefined && given !== wanted) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="fixture"', "content-type": "application/json" })
      response.end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] }))
      return
    }
    const url = request.url ?? ""
    served.push(`${request.method} ${url}`)
    const answer = (type: string, bytes: Buffer) => {
      response.writeHead(200, {
        "content-type": type,
        "content-length": bytes.length,
        "docker-content-digest": digestOf(bytes),
      })
      response.end(request.method === "HEAD" ? undefined : bytes)
    }
    const blob = blobs.get(/\/blobs\/(.+)$/.exec(url)?.[1] ?? "")
    if (url === "/v2/") answer("application/json", Buffer.from("{}"))
    else if (/\/none\/manifests\//.test(url)) response.writeHead(404).end()
    else if (url.includes("/manifests/")) answer(types.manifest, manifest)
    else if (blob !== undefined) answer("application/octet-stream", blob)
    else response.writeHead(404).end()
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo // a TCP server's
  return {
    host: `127.0.0.1:${port}`,
    served: () => served,
    credentials: () => credentials,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}
