/** Compose's configuration hashes: SHA-256 of Go's JSON of the resolved model. */
import type { Network, Service, Volume } from "../../model/StackModel.ts"
import { sha256Hex } from "../../plan/digest.ts"

const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)

const withoutExtensions = (value: object) =>
  Object.fromEntries(Object.entries(value).filter(([k]) => !k.startsWith("x-")))

export const serviceHash = (service: Service): string => {
  const { build: _b, pull_policy: _p, scale: _s, depends_on: _d, profiles: _f, deploy, ...rest } = service
  const ordered: Record<string, unknown> = {}
  const { replicas: _r, ...withoutReplicas } = deploy ?? { replicas: undefined }
  const all: Record<string, unknown> = { ...rest, ...(deploy === undefined ? {} : { deploy: withoutReplicas }) }
  for (const key of Object.keys(service)) if (key in all && !key.startsWith("x-")) ordered[key] = all[key]
  return sha256Hex(goJson(ordered))
}
export const networkHash = (network: Network): string => sha256Hex(goJson(withoutExtensions(network)))
export const volumeHash = (volume: Volume): string => {
  const { name, driver = "local", ...rest } = volume
  return sha256Hex(goJson({ name, driver, ...withoutExtensions(rest) }))
}
