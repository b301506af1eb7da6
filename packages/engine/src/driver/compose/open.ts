/** Opens the compose driver on a target's engine: the one place where environment, files and driver meet. */
import { Effect, Result, type Scope } from "effect"
import { Usage, type WindFlowError } from "../../model/errors/union.ts"
import type { Target } from "../../model/Target.ts"
import { type Endpoint, type EndpointSources, resolveEndpoint } from "../../transport/endpoint.ts"
import type { Dial } from "../../transport/EngineHttp.ts"
import { openDocker } from "../../transport/openDocker.ts"
import type { Driver } from "../Driver.ts"
import { composeDriver, type ComposeDriverContext } from "./ComposeDriver.ts"
import type { Desired } from "./Desired.ts"
import type { Observed } from "./Observed.ts"

export interface OpenComposeOptions {
  readonly sources: EndpointSources
  readonly secrets: ComposeDriverContext["secrets"]
  /** How byte streams to the engine are opened, where the URL alone does not tell (SSH). */
  readonly dial?: Dial
}

/** An endpoint URL that lets the environment decide: DOCKER_HOST, Docker contexts, the default socket. */
export const localEndpoint = "docker://local"

const localSocket = "unix:///var/run/docker.sock"

/** The engine of this machine that the environment names, else the default one; none where the target is of this machine itself. Makes no call. */
export const deployerEngine = (target: Endpoint, sources: EndpointSources) =>
  Effect.gen(function* () {
    if (target._tag === "Unix") return undefined
    const named = resolveEndpoint(undefined, sources)
    const here =
      Result.isSuccess(named) && named.success.endpoint._tag === "Unix" ? named : resolveEndpoint(localSocket, sources)
    return Result.isSuccess(here) ? yield* openDocker(here.success) : undefined
  })

/** Makes no call yet; the connection closes with the scope. */
export const openCompose = (
  target: Pick<Target, "endpoints">,
  options: OpenComposeOptions,
): Effect.Effect<Driver<Desired, Observed>, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const [url, ...others] = target.endpoints
    if (others.length > 0)
      return yield* new Usage({
        subject: url,
        detail: "the compose driver works on one engine",
        expected: "one endpoint",
      })
    const resolved = yield* Effect.fromResult(resolveEndpoint(url === localEndpoint ? undefined : url, options.sources))
    const api = yield* openDocker(resolved, options.dial)
    const deployer = yield* deployerEngine(resolved.endpoint, options.sources)
    return composeDriver({
      api,
      ...(deployer === undefined ? {} : { deployer }),
      secrets: options.secrets,
      config: resolved.config,
      // A Unix socket is this machine's. TCP on loopback may be a tunnel to anywhere.
      localFiles: resolved.endpoint._tag === "Unix",
      variable: (name) => options.sources.environment[name],
    })
  })
