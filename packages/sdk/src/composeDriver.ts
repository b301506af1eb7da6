/** The built-in compose driver as a factory. The driver and the Docker client are imported when a target is opened. */
import { openDriver } from "@windflow/engine/driver"
import { Usage } from "@windflow/engine/model"
import { Effect } from "effect"
import type { DriverFactory } from "./session.ts"
import { openHost } from "./sshHost.ts"

export const composeDriver: DriverFactory = {
  name: "compose",
  open: Effect.fn("composeDriver.open")(function* (target, context) {
    const [endpoint, second] = target.endpoints
    if (second !== undefined)
      return yield* new Usage({
        subject: target.name,
        detail: `the compose driver deploys to one engine, and ${target.endpoints.length} are named`,
      })
    const [{ composeDriver: driver }, { openDocker, processSources, resolveEndpoint }] = yield* Effect.promise(() =>
      Promise.all([import("@windflow/engine/driver/compose"), import("@windflow/engine/transport")]),
    )
    const sources = processSources(context.env)
    // What the environment means may carry more than its URL says: the certificates of a Docker context.
    const usual = yield* Effect.fromResult(resolveEndpoint(undefined, sources))
    const resolved =
      usual.endpoint.url === endpoint ? usual : yield* Effect.fromResult(resolveEndpoint(endpoint, sources))
    const dial =
      resolved.endpoint._tag === "Ssh" ? (yield* openHost(resolved.endpoint, target, context)).dial : undefined
    return openDriver(
      driver({
        api: yield* openDocker(resolved, dial),
        secrets: context.secrets,
        config: resolved.config,
        localFiles: resolved.endpoint._tag === "Unix",
      }),
    )
  }),
}
