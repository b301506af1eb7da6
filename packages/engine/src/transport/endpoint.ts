/**
 * Which Docker engine is meant: an explicit URL, else DOCKER_HOST, else the Docker context, else the default socket. Decides
 * from values; files come through `readFile`, so it is tested without a home directory.
 */
import { Result, Schema } from "effect"
import { ConfigInvalid, Usage } from "../model/errors/union.ts"
import { sha256Hex } from "../plan/digest.ts"
import { type DockerConfig, environmentAuths, parseDockerConfig } from "./dockerConfig.ts"

/** PEM texts; absent parts use the system's. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly verify: boolean
}

export type Endpoint =
  | { readonly _tag: "Unix"; readonly url: string; readonly path: string }
  | {
      readonly _tag: "Tcp"
      readonly url: string
      readonly host: string
      readonly port: number
      readonly tls?: TlsMaterial
    }
  | SshEndpoint

/** One machine of an SSH route. */
export interface SshHop {
  readonly host: string
  readonly port: number
  /** Absent: the name of the local user. */
  readonly user?: string
}

export interface SshEndpoint extends SshHop {
  readonly _tag: "Ssh"
  readonly url: string
  /** The port stands in the URL: it wins over the user's own ssh configuration. */
  readonly explicitPort: boolean
  /** Machines to go through, nearest first. */
  readonly jump: ReadonlyArray<SshHop>
  /** The engine's socket on the host. */
  readonly socket: string
}

export interface EndpointSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Docker's configuration directory: `~/.docker`, or DOCKER_CONFIG. */
  readonly configDirectory: string
  /** The text of a file, undefined when it is not there. */
  readonly readFile: (path: string) => string | undefined
}

export interface ResolvedEndpoint {
  readonly endpoint: Endpoint
  readonly config: DockerConfig
}

const defaultSocket = "/var/run/docker.sock"
const defaultUrl = `unix://${defaultSocket}`

const tlsFrom = (directory: string, verify: boolean, sources: EndpointSources): TlsMaterial => {
  const read = (name: string) => sources.readFile(`${directory}/${name}`)
  const [ca, cert, key] = [read("ca.pem"), read("cert.pem"), read("key.pem")]
  return {
    verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

const malformed = (url: string, detail: string) =>
  new Usage({ subject: url, detail, expected: "unix:///path, tcp://host:port or ssh://user@host" })

const hop = (parsed: URL, host: string): SshHop => ({
  host,
  port: parsed.port === "" ? 22 : Number(parsed.port),
  ...(parsed.username === "" ? {} : { user: decodeURIComponent(parsed.username) }),
})

/** `user@host:port`, as ssh's ProxyJump has it. */
const jumpHop = (text: string): SshHop | undefined => {
  const url = `ssh://${text}`
  if (text === "" || !URL.canParse(url)) return undefined
  const parsed = new URL(url)
  const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1")
  const plain = parsed.password === "" && parsed.search === "" && ["", "/"].includes(parsed.pathname)
  return plain && host !== "" && !host.startsWith("-") ? hop(parsed, host) : undefined
}

/** `ssh://user@host:port/path/of/the/socket?jump=user@first,user@second`. */
const sshEndpoint = (text: string, parsed: URL, host: string): Result.Result<Endpoint, Usage> => {
  // Never with the URL itself: what is secret stays out of messages.
  if (parsed.password !== "")
    return Result.fail(
      malformed(`ssh://…@${host}`, "a password does not belong into a URL: register the target with a password secret"),
    )
  // It would be an option to programs that take host names as arguments.
  if (host.startsWith("-") || decodeURIComponent(parsed.username).startsWith("-"))
    return Result.fail(malformed(text, "host and user may not begin with a dash"))
  const jump: Array<SshHop> = []
  for (const [name, value] of parsed.searchParams) {
    if (name !== "jump")
      return Result.fail(malformed(text, `it has no parameter ${name}; jump=user@host is the only one`))
    for (const one of value.split(",")) {
      const found = jumpHop(one)
      if (found === undefined) return Result.fail(malformed(text, `jump=${one} is not user@host:port`))
      jump.push(found)
    }
  }
  return Result.succeed({
    _tag: "Ssh",
    url: text,
    ...hop(parsed, host),
    explicitPort: parsed.port !== "",
    jump,
    socket: ["", "/"].includes(parsed.pathname) ? defaultSocket : decodeURIComponent(parsed.pathname),
  })
}

/** Parses an endpoint URL; `tls` applies to tcp only. */
export const parseEndpoint = (url: string, tls: TlsMaterial | undefined): Result.Result<Endpoint, Usage> => {
  const text = url.includes("://") ? url : `tcp://${url}`
  if (text.startsWith("unix://")) {
    const path = text.slice("unix://".length)
    return path.startsWith("/")
      ? Result.succeed({ _tag: "Unix", url: text, path })
      : Result.fail(malformed(url, "a Unix socket needs an absolute path"))
  }
  if (!URL.canParse(text)) return Result.fail(malformed(url, "this is not a URL"))
  const parsed = new URL(text)
  const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1")
  if (host === "") return Result.fail(malformed(url, "the host is missing"))
  const port = parsed.port === "" ? undefined : Number(parsed.port)
  switch (parsed.protocol) {
    case "tcp:":
    case "http:":
    case "https:": {
      const secure = tls ?? (parsed.protocol === "https:" ? { verify: true } : undefined)
      return Result.succeed({
        _tag: "Tcp",
        url: text,
        host,
        port: port ?? (secure === undefined ? 2375 : 2376),
        ...(secure === undefined ? {} : { tls: secure }),
      })
    }
    case "ssh:":
      return sshEndpoint(text, parsed, host)
    default:
      return Result.fail(malformed(url, `${parsed.protocol}// is not a way to reach a Docker engine`))
  }
}

const ContextMeta = Schema.fromJsonString(
  Schema.Struct({
    Endpoints: Schema.Struct({
      docker: Schema.Struct({ Host: Schema.String, SkipTLSVerify: Schema.optionalKey(Schema.Boolean) }),
    }),
  }),
)

const fromContext = (name: string, sources: EndpointSources): Result.Result<Endpoint, ConfigInvalid | Usage> => {
  const id = sha256Hex(name)
  const file = `${sources.configDirectory}/contexts/meta/${id}/meta.json`
  const text = sources.readFile(file)
  if (text === undefined)
    return Result.fail(
      new Usage({
        subject: `Docker context ${name}`,
        detail: "it does not exist",
        expected: "a name of `docker context ls`",
      }),
    )
  const meta = Schema.decodeUnknownResult(ContextMeta)(text)
  if (Result.isFailure(meta)) return Result.fail(new ConfigInvalid({ file, detail: meta.failure.message }))
  const { Host, SkipTLSVerify } = meta.success.Endpoints.docker
  const directory = `${sources.configDirectory}/contexts/tls/${id}/docker`
  const material = tlsFrom(directory, SkipTLSVerify !== true, sources)
  const secure = material.ca !== undefined || material.cert !== undefined || SkipTLSVerify === true
  return parseEndpoint(Host, secure ? material : undefined)
}

/**
 * `url` is what the user named; undefined lets the environment decide, in the order Docker's own clients
 * use: DOCKER_HOST, DOCKER_CONTEXT, the configured context, the default socket.
 */
export const resolveEndpoint = (
  url: string | undefined,
  sources: EndpointSources,
): Result.Result<ResolvedEndpoint, ConfigInvalid | Usage> => {
  const file = `${sources.configDirectory}/config.json`
  const config = parseDockerConfig(sources.readFile(file), file)
  if (Result.isFailure(config)) return Result.fail(config.failure)
  const { environment } = sources
  const verify = (environment["DOCKER_TLS_VERIFY"] ?? "") !== ""
  const certificates = environment["DOCKER_CERT_PATH"]
  const tls =
    verify || (environment["DOCKER_TLS"] ?? "") !== ""
      ? tlsFrom(
          certificates === undefined || certificates === "" ? sources.configDirectory : certificates,
          verify,
          sources,
        )
      : undefined
  const host = url ?? environment["DOCKER_HOST"]
  const context = environment["DOCKER_CONTEXT"] ?? config.success.currentContext
  const endpoint =
    host !== undefined && host !== ""
      ? parseEndpoint(host, tls)
      : context !== undefined && context !== "" && context !== "default"
        ? fromContext(context, sources)
        : parseEndpoint(defaultUrl, undefined)
  return Result.flatMap(endpoint, (endpoint) =>
    Result.map(environmentAuths(environment["DOCKER_AUTH_CONFIG"]), (more) => ({
      endpoint,
      config: { ...config.success, ...more },
    })),
  )
}
