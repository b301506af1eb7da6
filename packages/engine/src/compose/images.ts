/** The images a model names, the model with each pinned to a digest, and the platform they are made for. */
import type { Service, StackModel } from "../model/StackModel.ts"
import { compareText } from "./text/order.ts"

/** The image a service runs: its own, or the name that a build gives it. */
export const imageOf = (project: string, name: string, service: Service): string =>
  service.image ?? `${project}-${name}`

/** One a service, in order of their names, hooks' images behind it: what `config --images` prints. */
export const imagesOf = (model: StackModel): string[] =>
  Object.keys(model.services)
    .toSorted(compareText)
    .flatMap((name) => {
      const service = model.services[name]!
      const own = imageOf(model.name, name, service)
      const hooks = (service.pre_start ?? []).flatMap(({ image }) =>
        image === undefined || image === own ? [] : [image],
      )
      return [own, ...hooks]
    })

/** References a registry can resolve: images of services, of hooks and of image mounts. */
export const referencesOf = (model: StackModel, known: ReadonlyArray<string> = []): ReadonlySet<string> => {
  const found = new Set<string>()
  mapReferences(model, known, (image) => {
    found.add(image)
    return image
  })
  return found
}

/** Every reference replaced by what `digests` says; one it does not hold stays. `known` are services left out by profiles. */
export const withDigests = (
  model: StackModel,
  digests: ReadonlyMap<string, string>,
  known: ReadonlyArray<string> = [],
): StackModel => mapReferences(model, known, (image) => digests.get(image) ?? image)

const mapReferences = (
  model: StackModel,
  known: ReadonlyArray<string>,
  change: (image: string) => string,
): StackModel => {
  // An image mount may name a service instead of an image.
  const services = new Set([...Object.keys(model.services), ...known])
  return {
    ...model,
    services: Object.fromEntries(
      Object.entries(model.services).map(([name, { image, pre_start, volumes, ...service }]) => [
        name,
        {
          ...service,
          ...(image === undefined ? {} : { image: change(image) }),
          ...(pre_start === undefined
            ? {}
            : {
                pre_start: pre_start.map((hook) =>
                  hook.image === undefined ? hook : { ...hook, image: change(hook.image) },
                ),
              }),
          ...(volumes === undefined
            ? {}
            : {
                volumes: volumes.map((mount) =>
                  mount.type !== "image" || mount.source === undefined || services.has(mount.source)
                    ? mount
                    : { ...mount, source: change(mount.source) },
                ),
              }),
        },
      ]),
    ),
  }
}

/** Services that are built for no platform in particular get `DOCKER_DEFAULT_PLATFORM`; config hashes are taken after that. */
export const withDefaultPlatform = (model: StackModel, platform: string | undefined): StackModel =>
  platform === undefined || platform === ""
    ? model
    : {
        ...model,
        services: Object.fromEntries(
          Object.entries(model.services).map(([name, service]) =>
            service.build === undefined || service.platform !== undefined
              ? [name, service]
              : [name, { ...service, platform }],
          ),
        ),
      }
