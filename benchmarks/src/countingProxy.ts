/** Stands between a client and the engine's socket and notes each call. Handles plain and upgraded (hijacked) requests. */
import { createServer, request, type IncomingMessage } from "node:http"
import { rmSync } from "node:fs"

export interface CountingProxy {
  /** `unix://…`, to hand over as DOCKER_HOST. */
  readonly host: string
  /** Calls since the last time it was asked. */
  readonly take: () => ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** A path without version, ids and query, so that equal calls read equal. */
const shape = (method: string, url: string): string =>
  `${method} ${url
    .replace(/\?.*$/, "")
    .replace(/^\/v[\d.]+/, "")
    .replaceAll(/\/[0-9a-f]{12,64}(?=\/|$)/g, "/ID")}`

export const startProxy = async (engineHost: string, socket: string): Promise<CountingProxy> => {
  const socketPath = engineHost.replace(/^unix:\/\//, "")
  let calls: Array<string> = []
  const forward = (from: IncomingMessage) => {
    calls.push(shape(from.method ?? "", from.url ?? ""))
    return request({ socketPath, method: from.method, path: from.url, headers: from.headers })
  }
  const server = createServer((from, to) => {
    const onward = forward(from)
    onward.on("response", (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(to)
    })
    onward.on("error", () => to.destroy())
    from.pipe(onward)
  })
  server.on("upgrade", (from: IncomingMessage, client, head) => {
    const onward = forward(from)
    onward.on("upgrade", (answer, engine, first) => {
      const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
      client.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${headers.join("")}\r\n`)
      if (first.length > 0) client.write(first)
      if (head.length > 0) engine.write(head)
      engine.pipe(client).pipe(engine)
      engine.on("error", () => client.destroy())
      client.on("error", () => engine.destroy())
    })
    onward.on("error", () => client.destroy())
    onward.end()
  })
  rmSync(socket, { force: true })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    host: `unix://${socket}`,
    take: () => {
      const taken = calls
      calls = []
      return taken
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
