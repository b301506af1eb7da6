/**
 * Keys that only newer engines have. An older one would pass over them in silence, so they are refused there; a newer one is asked
 * in the version of its API that has them. Pure.
 */
import type { Diagnostic } from "../../model/errors/union.ts"
import type { ModelPath, Stack } from "../../model/Stack.ts"
import type { Service } from "../../model/StackModel.ts"

interface NewerKey {
  readonly path: ModelPath
  /** Version of the API. */
  readonly api: string
  readonly engine: string
}

const images = { api: "1.48", engine: "Docker 28.0" }
const gateways = { api: "1.48", engine: "Docker 28.0" }
const interfaces = { api: "1.49", engine: "Docker 28.1" }

const newerKeysOf = (service: Service): ReadonlyArray<NewerKey> => [
  ...(service.volumes ?? []).flatMap(({ type }, index) =>
    type === "image" ? [{ path: ["volumes", index, "type"], ...images }] : [],
  ),
  ...Object.entries(service.networks ?? {}).flatMap(([key, network]) => [
    ...((network?.gw_priority ?? 0) === 0 ? [] : [{ path: ["networks", key, "gw_priority"], ...gateways }]),
    ...((network?.interface_name ?? "") === "" ? [] : [{ path: ["networks", key, "interface_name"], ...interfaces }]),
  ]),
]

const minor = (api: string): number => Number(api.split(".")[1])

/** The version of the API a container has to be created in; undefined: the usual one. */
export const apiFor = (service: Service): string | undefined =>
  newerKeysOf(service)
    .map(({ api }) => api)
    .toSorted((a, b) => minor(b) - minor(a))[0]

/** @param offered - The newest version of the API that the engine has. */
export const refuseNewerKeys = (
  stack: Stack,
  names: ReadonlyArray<string>,
  offered: string,
): ReadonlyArray<Diagnostic> =>
  names.flatMap((name) => {
    const service = stack.model.services[name]
    return (service === undefined ? [] : newerKeysOf(service))
      .filter(({ api }) => minor(offered) < minor(api))
      .map(({ path: inService, api, engine }): Diagnostic => {
        const path = ["services", name, ...inService]
        const shown = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("")
        const place = stack.origin.locate(path)
        return {
          severity: "error",
          code: "unsupported",
          message: `${shown.slice(1)}: it needs ${engine} (API ${api}), this engine has API ${offered}`,
          remedy: `Remove it, or update the engine.`,
          path: shown.slice(1),
          ...(place === undefined ? {} : { place }),
        }
      })
  })

export const needsNewer = (stack: Stack, names: ReadonlyArray<string>): boolean =>
  names.some((name) => {
    const service = stack.model.services[name]
    return service !== undefined && apiFor(service) !== undefined
  })
