/** Makes the host of a target a Docker host, over the connection that deployments would use. */
import { type Target, Usage } from "@windflow/engine/model"
import type { Plan } from "@windflow/engine/plan"
import { thisProcess } from "@windflow/engine/state"
import { Effect } from "effect"
import type { BootstrapOptions } from "./contract.ts"
import { openState } from "./openState.ts"
import { withProse } from "./plan.ts"
import { said } from "./said.ts"
import type { DriverContext } from "./session.ts"
import { openHost } from "./sshHost.ts"
import type { StateStore } from "./state.ts"

export const bootstrapTarget = Effect.fn("bootstrapTarget")(function* (
  target: Target,
  context: DriverContext,
  state: StateStore,
  stateDirectory: string,
  { dryRun = false, detached = false, deploy, onEvent }: BootstrapOptions,
) {
  const { previewBootstrap, runBootstrap } = yield* Effect.promise(() => import("@windflow/engine/host"))
  const { parseEndpoint } = yield* Effect.promise(() => import("@windflow/engine/transport"))
  const [url, ...others] = target.endpoints
  const endpoint = yield* Effect.fromResult(parseEndpoint(url, undefined))
  if (endpoint._tag !== "Ssh" || others.length > 0)
    return yield* new Usage({
      subject: target.name,
      detail: "a host is made ready over SSH",
      expected: "a target with one ssh:// URL",
    })
  const host = yield* openHost(endpoint, target, context)
  const { journal } = yield* openState(state, stateDirectory, target)
  const ports = { host, target, journal, owner: thisProcess().name }
  const options = { detached, ...said({ deploy }) }
  const plan: Plan = dryRun ? yield* previewBootstrap(ports, options) : yield* runBootstrap(ports, options, onEvent)
  return withProse(plan)
}, Effect.scoped)
