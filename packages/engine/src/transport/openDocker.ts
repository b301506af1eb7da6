/** Opens the connection to a Docker engine: the place where environment and files meet the pure resolution of endpoints. */
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { Effect, Layer, type Scope } from "effect"
import { DriverUnavailable, type WindFlowError } from "../model/errors/union.ts"
import { DockerApi, type DockerApiShape, makeDockerApi } from "./DockerApi.ts"
import { type Endpoint, type EndpointSources, type ResolvedEndpoint, resolveEndpoint } from "./endpoint.ts"
import { type Dial, dialEndpoint, makeEngineHttp } from "./EngineHttp.ts"

/** The sources of this process: its environment and the user's Docker configuration. */
export const processSources = (environment: Readonly<Record<string, string | undefined>>): EndpointSources => ({
  environment,
  configDirectory: environment["DOCKER_CONFIG"] ?? join(homedir(), ".docker"),
  readFile: (path) => {
    try {
      return readFileSync(path, "utf8")
    } catch {
      // Absent or unreadable: Docker's clients go on without the file too.
      return undefined
    }
  },
})

const dialOf = (endpoint: Endpoint, dial: Dial | undefined): Effect.Effect<Dial, WindFlowError> =>
  dial !== undefined
    ? Effect.succeed(dial)
    : endpoint._tag === "Ssh"
      ? // Credentials and host keys are the opener's business: `openHost` makes a dial of them.
        Effect.fail(
          new DriverUnavailable({ driver: "compose", detail: `${endpoint.url} was opened without an SSH connection` }),
        )
      : Effect.succeed(dialEndpoint(endpoint))

/** `dial` replaces how byte streams are opened (SSH channels, tests). Makes no call yet. */
export const openDocker = (
  resolved: ResolvedEndpoint,
  dial?: Dial,
): Effect.Effect<DockerApiShape, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const stream = yield* dialOf(resolved.endpoint, dial)
    const http = yield* makeEngineHttp(resolved.endpoint.url, stream)
    return yield* makeDockerApi(http)
  })

export const dockerLayer = (url: string | undefined, sources: EndpointSources): Layer.Layer<DockerApi, WindFlowError> =>
  Layer.effect(
    DockerApi,
    Effect.flatMap(Effect.fromResult(resolveEndpoint(url, sources)), (resolved) => openDocker(resolved)),
  )
