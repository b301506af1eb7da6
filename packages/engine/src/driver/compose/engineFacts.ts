/**
 * What a preflight wants to know of an engine. `GET /info` and `GET /version` start several programs (runc, containerd's client) and
 * take a quarter of a second: where the engine is this machine's own, in its usual place, the machine is asked instead.
 */
import { readFile, statfs } from "node:fs/promises"
import { Effect, Schema } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"

const usualSockets: ReadonlySet<string> = new Set(["unix:///var/run/docker.sock", "unix:///run/docker.sock"])
const ownEngine = ({ api, localFiles }: ComposeDriverContext): boolean =>
  localFiles && process.platform === "linux" && usualSockets.has(api.endpoint)

/** Go's names of what Node calls otherwise. */
const architectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: "amd64", arm64: "arm64" }

export const enginePlatform = (
  context: ComposeDriverContext,
): Effect.Effect<{ readonly Os: string; readonly Arch: string }, WindFlowError> => {
  const own = architectures[process.arch]
  return ownEngine(context) && own !== undefined ? Effect.succeed({ Os: "linux", Arch: own }) : context.api.platform
}

const DaemonFile = Schema.fromJsonString(Schema.Struct({ "data-root": Schema.optionalKey(Schema.String) }))
const usualRoot = "/var/lib/docker"

/** Where the engine keeps its data; a daemon.json that is not there, or not understood, says nothing else. */
const dataRoot = (context: ComposeDriverContext): Effect.Effect<string | undefined, WindFlowError> =>
  ownEngine(context)
    ? Effect.tryPromise(() => readFile("/etc/docker/daemon.json", "utf8")).pipe(
        Effect.flatMap(Schema.decodeUnknownEffect(DaemonFile)),
        Effect.map((file) => file["data-root"] ?? usualRoot),
        Effect.orElseSucceed(() => usualRoot),
      )
    : Effect.map(context.api.info, ({ DockerRootDir }) => DockerRootDir)

/** Free space where the engine keeps its data; undefined when that is not on this machine, or is hidden from us. */
export const engineDisk = (context: ComposeDriverContext) =>
  !context.localFiles || !context.api.endpoint.startsWith("unix://")
    ? Effect.succeed(undefined)
    : Effect.flatMap(dataRoot(context), (path) =>
        path === undefined
          ? Effect.succeed(undefined)
          : Effect.tryPromise(async () => {
              const { bavail, bsize } = await statfs(path)
              return { path, freeBytes: bavail * bsize }
            }).pipe(Effect.orElseSucceed(() => undefined)),
      )
