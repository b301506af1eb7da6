/** Tries a target with a Docker engine on a connection of its own, so that what an open one hides is found. */
import type { Stage, Target, TargetFacts, WindFlowError } from "@windflow/engine/model"
import type { DockerApiShape, ResolvedEndpoint } from "@windflow/engine/transport"
import { Effect, type Scope } from "effect"
import { said } from "./said.ts"
import type { DriverContext, Probe } from "./session.ts"
import { openHost } from "./sshHost.ts"

const engineFacts = (api: DockerApiShape): Effect.Effect<TargetFacts, WindFlowError> =>
  Effect.map(api.info, (info) => ({
    ...said({
      os: info.OperatingSystem,
      kernel: info.KernelVersion,
      architecture: info.Architecture,
      cpus: info.NCPU,
      memory: info.MemTotal,
    }),
    disks: [],
    engines: [{ name: "docker", version: info.ServerVersion }],
  }))

export const probeDocker = (
  target: Target,
  context: DriverContext,
  { endpoint, config }: ResolvedEndpoint,
): Effect.Effect<Probe, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const { engineStages, hostFacts, sshStages } = yield* Effect.promise(() => import("@windflow/engine/host"))
    const { openDocker } = yield* Effect.promise(() => import("@windflow/engine/transport"))
    if (endpoint._tag !== "Ssh") {
      const api = yield* openDocker({ endpoint, config })
      const stages = yield* engineStages(api)
      return { stages, ...said({ facts: yield* Effect.orElseSucceed(engineFacts(api), () => undefined) }) }
    }
    const opened = yield* Effect.result(openHost(endpoint, target, context))
    if (opened._tag === "Failure") {
      // A key file that is not there, a secret that nobody stored: found before anything was dialled.
      const error = opened.failure
      const failed: Stage = { stage: "auth", status: "failed", detail: error._tag, error, milliseconds: 0 }
      return { stages: [failed] }
    }
    const host = opened.success
    const stages = yield* sshStages(host, yield* openDocker({ endpoint, config }, host.dial))
    const loggedIn = stages.some(({ stage, status }) => stage === "auth" && status === "passed")
    if (!loggedIn) return { stages }
    const facts = yield* hostFacts(host)
    const { hostKey } = yield* host.connect
    return { stages, ...said({ facts, hostKey }) }
  })
