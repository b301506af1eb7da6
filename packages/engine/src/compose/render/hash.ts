/** Compose 5.5.0's config hashes: SHA-256 of Go's JSON of a part of the model. */
import type { Network, Service, Volume } from "../../model/StackModel.ts"
import { sha256Hex } from "../../plan/digest.ts"
import { network, service, volume } from "../shape/model.ts"
import type { Type } from "../shape/Type.ts"
import { toGoJson } from "./json.ts"

const hash = (value: unknown, type: Type): string => sha256Hex(toGoJson(value, type, false))

/** Of what makes a container: how it is built, pulled, counted and ordered is left out. */
export const serviceHash = (model: Service): string => {
  const { build: _build, pull_policy: _pull, scale: _scale, depends_on: _depends, profiles: _profiles, ...rest } = model
  if (rest.deploy === undefined) return hash(rest, service)
  const { replicas: _replicas, ...deploy } = rest.deploy
  return hash({ ...rest, deploy }, service)
}

export const networkHash = (model: Network): string => hash(model, network)

/** A volume without a driver has the local one. */
export const volumeHash = (model: Volume): string => hash({ ...model, driver: model.driver ?? "local" }, volume)
