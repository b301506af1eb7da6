/** The built-in compose driver as a factory. The driver and the Docker client are imported when a target is opened. */
import { openDriver } from "@windflow/engine/driver"
import { type Target, Usage } from "@windflow/engine/model"
import { Effect } from "effect"
import { said } from "./said.ts"
import type { DriverContext, DriverFactory } from "./session.ts"
import { openHost } from "./sshHost.ts"

const resolvedOf = Effect.fn("composeDriver.endpoint")(function* (target: Target, context: DriverContext) {
  const [endpoint, second] = target.endpoints
  if (second !== undefined)
    return yield* new Usage({
      subject: target.name,
      detail: `the compose driver deploys to one engine, and ${target.endpoints.length} are named`,
    })
  const { processSources, resolveEndpoint } = yield* Effect.promise(() => import("@windflow/engine/transport"))
  const sources = processSources(context.env)
  // What the environment means may carry more than its URL says: the certificates of a Docker context.
  const usual = yield* Effect.fromResult(resolveEndpoint(undefined, sources))
  return usual.endpoint.url === endpoint ? usual : yield* Effect.fromResult(resolveEndpoint(endpoint, sources))
})

export const composeDriver: DriverFactory = {
  name: "compose",
  open: Effect.fn("composeDriver.open")(function* (target, context) {
    const [{ composeDriver: driver, deployerEngine }, { openDocker, processSources }] = yield* Effect.promise(() =>
      Promise.all([import("@windflow/engine/driver/compose"), import("@windflow/engine/transport")]),
    )
    const resolved = yield* resolvedOf(target, context)
    const { endpoint, config } = resolved
    const dial = endpoint._tag === "Ssh" ? (yield* openHost(endpoint, target, context)).dial : undefined
    const deployer = yield* deployerEngine(endpoint, processSources(context.env))
    return openDriver(
      driver({
        api: yield* openDocker(resolved, dial),
        ...said({ deployer }),
        secrets: context.secrets,
        config,
        localFiles: endpoint._tag === "Unix",
      }),
    )
  }),
  probe: Effect.fn("composeDriver.probe")(function* (target, context) {
    const { probeDocker } = yield* Effect.promise(() => import("./probeDocker.ts"))
    return yield* probeDocker(target, context, yield* resolvedOf(target, context))
  }),
}
