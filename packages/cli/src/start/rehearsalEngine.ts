/**
 * An engine for the rehearsal, in memory and without a connection: it answers the calls of a first deployment and of one that
 * changes nothing. No test double: it checks nothing, and what it does not know does not exist.
 */
import type { EngineHttp, EngineRequest } from "@windflow/engine/transport"
import { Effect } from "effect"

interface Answer {
  readonly status: number
  readonly body: unknown
}

type Labels = Readonly<Record<string, string>>

interface Held {
  readonly Labels: Labels
}

interface Container extends Held {
  readonly Id: string
  State: string
  Status: string
}

/** The parts of a create call that lists give back. */
interface Wanted {
  readonly Name?: string
  readonly Image?: string
  readonly Labels?: Labels
  readonly NetworkingConfig?: { readonly EndpointsConfig?: Readonly<Record<string, unknown>> }
}

const missing: Answer = { status: 404, body: { message: "not found" } }
const image = `sha256:${"a".repeat(64)}`

/** Where nothing is, so that nobody looks at this machine's disk. */
const DockerRootDir = "/nowhere/rehearsal"

const facts: Readonly<Record<string, unknown>> = {
  _ping: "OK",
  info: { ServerVersion: "26.1.5", DockerRootDir },
  version: { Os: "linux", Arch: "amd64" },
}

const carries =
  (wanted: ReadonlyArray<string>) =>
  ({ Labels }: Held): boolean =>
    wanted.every((label) => {
      const [key = "", value] = label.split("=")
      return value === undefined ? key in Labels : Labels[key] === value
    })

export const rehearsalEngine = (): EngineHttp => {
  const containers: Array<Container> = []
  const networks: Array<Held & { readonly Id: string; readonly Name: string }> = []
  const volumes: Array<Held & { readonly Name: string }> = []
  let calls = 0

  const create = (kind: string, name: string, wanted: Wanted): Answer => {
    const { Labels = {}, Name = name } = wanted
    const Id = `${kind}-${calls}`
    switch (kind) {
      case "networks":
        networks.push({ Id, Name, Labels })
        return { status: 201, body: { Id } }
      case "volumes":
        volumes.push({ Name, Labels })
        return { status: 201, body: { Name, Labels } }
      default: {
        const joined = Object.keys(wanted.NetworkingConfig?.EndpointsConfig ?? {})
        const described = {
          Names: [`/${name}`],
          Image: wanted.Image,
          ImageID: image,
          Created: 1,
          Ports: [],
          Mounts: [{ Type: "volume", Name: "rehearsal_data", Destination: "/data", RW: true }],
          NetworkSettings: {
            Networks: Object.fromEntries(
              joined.map((key) => [key, { NetworkID: networks.find((network) => network.Name === key)?.Id }]),
            ),
          },
        }
        containers.push({ Id, Labels, State: "created", Status: "Created", ...described })
        return { status: 201, body: { Id, Warnings: [] } }
      }
    }
  }

  const list = (kind: string, filters: Readonly<Record<string, ReadonlyArray<string>>>): Answer => {
    const labelled = carries(filters["label"] ?? [])
    switch (kind) {
      case "images":
        return { status: 200, body: (filters["reference"] ?? []).map((name) => ({ Id: image, RepoTags: [name] })) }
      case "containers":
        return { status: 200, body: containers.filter(labelled) }
      case "networks":
        return { status: 200, body: networks.filter(labelled) }
      default:
        return { status: 200, body: { Volumes: volumes.filter(labelled) } }
    }
  }

  const answer = ({ method, path, body }: EngineRequest): Answer => {
    const [where = "", query = ""] = path.split("?")
    const parameters = new URLSearchParams(query)
    const [kind = "", id, action] = where
      .replace(/^\/v[\d.]+/, "")
      .slice(1)
      .split("/")
    const fixed = facts[kind]
    if (fixed !== undefined) return { status: 200, body: fixed }
    if (kind === "images" && action === "json")
      return { status: 200, body: { Id: image, Os: "linux", Architecture: "amd64" } }
    // Only our own driver calls, whose bodies are JSON texts.
    const sent = typeof body === "string" ? (JSON.parse(body) as Wanted) : {}
    if (method === "POST" && id === "create") return create(kind, parameters.get("name") ?? "", sent)
    if (method === "GET" && action === undefined)
      return list(
        kind,
        JSON.parse(parameters.get("filters") ?? "{}") as Readonly<Record<string, ReadonlyArray<string>>>,
      )
    const container = kind === "containers" ? containers.find(({ Id }) => Id === id) : undefined
    if (action === "start" && container !== undefined) {
      container.State = "running"
      container.Status = "Up 1 second"
      return { status: 204, body: "" }
    }
    if (kind === "volumes" && method === "DELETE")
      volumes.splice(
        volumes.findIndex(({ Name }) => Name === id),
        1,
      )
    return method === "GET" ? missing : { status: 204, body: "" }
  }

  return {
    endpoint: "unix:///rehearsal.sock",
    calls: () => calls,
    open: () => Effect.never,
    upgrade: () => Effect.never,
    wire: () => Effect.never,
    send: (request) =>
      Effect.promise(async () => {
        calls++
        const { status, body } = answer(request)
        const headers = { "api-version": "1.45", date: new Date(0).toUTCString() }
        return { status, text: typeof body === "string" ? body : JSON.stringify(body), headers }
      }),
  }
}
