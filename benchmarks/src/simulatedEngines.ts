/**
 * Docker engines that are none: as many as loopback has addresses, on one port. Each keeps containers, networks and
 * volumes of its own and answers after a delay, as a machine far away does. Only what a deployment asks is answered.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import { addressOf, image, type Latency } from "./engineOrders.ts"

interface Engine {
  readonly containers: Map<string, { readonly name: string; readonly body: Body; state: string }>
  readonly networks: Map<string, { readonly id: string; readonly body: Body }>
  readonly volumes: Map<string, Body>
}
type Body = Readonly<Record<string, unknown>>

export interface SimulatedEngines {
  readonly port: number
  /** From now on this one takes calls and never answers. */
  readonly stall: (n: number) => void
  /** Since the last time it was asked. */
  readonly calls: () => number
  /** Forgets what was deployed. */
  readonly reset: () => void
}

const imageId = `sha256:${"5".repeat(64)}`
const labelsOf = (body: Body): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(typeof body["Labels"] === "object" && body["Labels"] !== null ? body["Labels"] : {}).map(
      ([key, value]) => [key, String(value)],
    ),
  )

const read = async (request: IncomingMessage): Promise<Body> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString("utf8")
  const parsed: unknown = text === "" ? {} : JSON.parse(text)
  // What our own client sends: an object.
  return parsed as Body
}

/** Whether an object carries the labels that the call filters by. */
const filterOf = (query: URLSearchParams) => {
  const filters: unknown = JSON.parse(query.get("filters") ?? "{}")
  const wanted = typeof filters === "object" && filters !== null && "label" in filters ? filters.label : []
  const pairs = (Array.isArray(wanted) ? wanted : []).map((text) => String(text).split("="))
  return (labels: Readonly<Record<string, string>>) =>
    pairs.every(([key = "", ...value]) =>
      value.length === 0 ? labels[key] !== undefined : labels[key] === value.join("="),
    )
}

type Answer = readonly [status: number, body?: unknown]

const answer = (engine: Engine, method: string, path: string, query: URLSearchParams, body: Body): Answer => {
  const matches = filterOf(query)
  const [, kind, id, verb] = path.split("/")
  const route = `${method} ${kind}${id === undefined ? "" : verb === undefined ? "/*" : `/*/${verb}`}`
  switch (route) {
    case "GET _ping":
    case "HEAD _ping":
      return [200, "OK"]
    case "GET version":
      return [200, { Os: "linux", Arch: "amd64" }]
    case "GET info":
      return [200, { ID: "simulated", NCPU: 2, MemTotal: 4 * 1024 ** 3, OperatingSystem: "simulated" }]
    case "GET images/*":
      return [200, [{ Id: imageId, RepoTags: [image], RepoDigests: [] }]]
    case "GET images/*/json":
      return [200, { Id: imageId, Os: "linux", Architecture: "amd64", Config: {}, RootFS: { Layers: [] } }]
    case "POST images/*/tag":
      return [201]
    case "GET networks":
      return [200, [...engine.networks].map(([Name, { id: Id, body }]) => ({ Id, Name, Labels: labelsOf(body) }))]
    case "POST networks/*": {
      const network = { id: crypto.randomUUID(), body }
      engine.networks.set(String(body["Name"]), network)
      return [201, { Id: network.id }]
    }
    case "GET volumes":
      return [
        200,
        {
          Volumes: [...engine.volumes]
            .map(([Name, body]) => ({ Name, Labels: labelsOf(body) }))
            .filter(({ Labels }) => matches(Labels)),
        },
      ]
    case "POST volumes/*": {
      const name = String(body["Name"])
      const there = engine.volumes.get(name) ?? body
      engine.volumes.set(name, there)
      return [201, { Name: name, Labels: labelsOf(there) }]
    }
    case "DELETE volumes/*":
      engine.volumes.delete(decodeURIComponent(id ?? ""))
      return [204]
    case "GET containers/*":
      return [
        200,
        [...engine.containers].map(([Id, { name, body, state }]) => ({
          Id,
          Names: [`/${name}`],
          Image: image,
          ImageID: imageId,
          Created: 0,
          Labels: labelsOf(body),
          State: state,
          Status: state === "running" ? "Up 1 second" : "Created",
          NetworkSettings: {
            Networks: Object.fromEntries(
              [...engine.networks].map(([network, { id: NetworkID }]) => [network, { NetworkID }]),
            ),
          },
        })),
      ]
    case "POST containers/*": {
      const created = crypto.randomUUID().replaceAll("-", "").padEnd(64, "0")
      engine.containers.set(created, { name: query.get("name") ?? "", body, state: "created" })
      return [201, { Id: created, Warnings: [] }]
    }
    case "POST containers/*/start": {
      const container = engine.containers.get(id ?? "")
      if (container === undefined) return [404, { message: "no such container" }]
      container.state = "running"
      return [204]
    }
    default:
      return [501, { message: `the simulated engine does not know ${route}` }]
  }
}

export const startSimulatedEngines = async (latency: Latency): Promise<SimulatedEngines> => {
  const engines = new Map<string, Engine>()
  const stalled = new Set<string>()
  let calls = 0
  const engineAt = (address: string): Engine => {
    const found = engines.get(address) ?? { containers: new Map(), networks: new Map(), volumes: new Map() }
    engines.set(address, found)
    return found
  }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    calls++
    const address = request.socket.localAddress ?? ""
    const body = await read(request)
    if (stalled.has(address)) return
    const method = request.method ?? "GET"
    const url = new URL(request.url ?? "/", "http://engine")
    await pause(method === "GET" || method === "HEAD" ? latency.read : latency.write)
    const [status, content] = answer(
      engineAt(address),
      method,
      url.pathname.replace(/^\/v[\d.]+/, ""),
      url.searchParams,
      body,
    )
    const text = content === undefined ? "" : typeof content === "string" ? content : JSON.stringify(content)
    response.writeHead(status, { "api-version": "1.45", "content-type": "application/json" }).end(text)
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", 4096, resolve))
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo
  return {
    port,
    stall: (n) => void stalled.add(addressOf(n)),
    calls: () => {
      const counted = calls
      calls = 0
      return counted
    },
    reset: () => {
      engines.clear()
      stalled.clear()
    },
  }
}
