/**
 * Finds, before anything is changed, services whose health somebody waits for and that have no healthcheck. The file usually
 * tells; only where it says nothing is the image asked, one call each.
 */
import { Effect } from "effect"
import { ComposeInvalid, type Diagnostic, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Service } from "../../model/StackModel.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { DesiredImage } from "./Desired.ts"

/** `unknown`: the file leaves it to the image. */
const fromFile = ({ healthcheck }: Service): boolean | "unknown" => {
  if (healthcheck?.disable === true) return false
  const [kind] = healthcheck?.test ?? []
  return kind === undefined ? "unknown" : kind !== "NONE"
}

/** An image that has to be built or pulled first is not asked: then the wait finds it. */
const fromImage = (api: DockerApiShape, image: DesiredImage | undefined): Effect.Effect<boolean, WindFlowError> =>
  image?.id == null
    ? Effect.succeed(true)
    : Effect.map(api.images.find(image.id), (found) => {
        const kind = found?.Config?.Healthcheck?.Test?.[0]
        return found === undefined || (kind !== undefined && kind !== "NONE")
      })

export const checkHealthGates = (
  api: DockerApiShape,
  stack: Stack,
  names: ReadonlyArray<string>,
  images: ReadonlyMap<string, DesiredImage>,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const { services } = stack.model
    const chosen = new Set(names)
    const gates = names.flatMap((name) =>
      Object.entries(services[name]?.depends_on ?? {}).flatMap(([dependency, { condition }]) =>
        condition === "service_healthy" && chosen.has(dependency) ? [{ name, dependency }] : [],
      ),
    )
    const checked = new Set(gates.map(({ dependency }) => dependency))
    const has = new Map<string, boolean>()
    yield* Effect.forEach(
      checked,
      (name) =>
        Effect.gen(function* () {
          const service = services[name]
          const known = service === undefined ? true : fromFile(service)
          has.set(name, known === "unknown" ? yield* fromImage(api, images.get(name)) : known)
        }),
      { concurrency: 8, discard: true },
    )
    const [first, ...others] = gates
      .filter(({ dependency }) => has.get(dependency) === false)
      .map(({ name, dependency }): Diagnostic => {
        const path = ["services", name, "depends_on", dependency, "condition"]
        const place = stack.origin.locate(path)
        return {
          severity: "error",
          code: "no-healthcheck",
          message: `${path.join(".")}: ${name} waits until ${dependency} is healthy, but neither its image nor the file has a healthcheck for it`,
          remedy: `Give ${dependency} a healthcheck, or use the condition service_started.`,
          path: path.join("."),
          ...(place === undefined ? {} : { place }),
        }
      })
    if (first !== undefined) yield* new ComposeInvalid({ diagnostics: [first, ...others] })
  })
