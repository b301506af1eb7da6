/**
 * Preparing and observing at once: while the engine looks for images it lists what is there, as neither needs the other's answer.
 * What was seen while images were pulled, carried or built is old by then and not given.
 */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { PrepareOptions } from "../Driver.ts"
import type { Request } from "../Request.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { Desired } from "./Desired.ts"
import type { Observed } from "./Observed.ts"
import { list, observedOf } from "./observe.ts"
import { prepare } from "./prepare.ts"

/** The same connection, which tells of every call that brings images to the engine. */
const noting = (api: DockerApiShape, note: () => void): DockerApiShape => {
  const { images, builder } = api
  const noted =
    <Args extends ReadonlyArray<unknown>, A>(call: (...args: Args) => A) =>
    (...args: Args): A => {
      note()
      return call(...args)
    }
  return {
    ...api,
    images: { ...images, pull: noted(images.pull), load: noted(images.load) },
    builder: { connect: noted(builder.connect) },
  }
}

export const prepareAndObserve = (
  context: ComposeDriverContext,
  request: Request,
  options: PrepareOptions,
): Effect.Effect<{ readonly desired: Desired; readonly observed?: Observed }, WindFlowError> => {
  if (request._tag !== "Up") return Effect.map(prepare(context, request, options), (desired) => ({ desired }))
  return Effect.suspend(() => {
    let old = false
    const api = noting(context.api, () => {
      old = true
    })
    const { name: project, model } = request.stack
    const volumes = Object.values(model.volumes ?? {}).map((volume) => volume.name)
    return Effect.map(
      Effect.all([prepare({ ...context, api }, request, options), list(context.api, { project, volumes })], {
        concurrency: 2,
      }),
      ([desired, lists]) =>
        // Carried trees are known only after preparing, and looked for by a call of their own.
        old || desired._tag !== "Up" || desired.trees !== undefined
          ? { desired }
          : { desired, observed: observedOf(desired, lists) },
    )
  })
}
