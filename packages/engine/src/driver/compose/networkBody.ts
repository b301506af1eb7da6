/** Bodies that create networks and volumes, with the labels Compose gives them. Pure. */
import type { Schema } from "effect"
import type { DesiredNetwork, DesiredUp, DesiredVolume } from "./Desired.ts"
import { composeVersion, labels } from "./names.ts"

type JsonObject = { readonly [key: string]: Schema.Json }

const owned = (desired: DesiredUp, label: string, key: string, hash: string): Record<string, string> => ({
  [label]: key,
  [labels.project]: desired.project,
  [labels.version]: composeVersion,
  [labels.configHash]: hash,
})

export const networkBody = (desired: DesiredUp, { key, model, hash }: DesiredNetwork): JsonObject => {
  const pools = (model.ipam.config ?? []).map((pool) => ({
    ...(pool.subnet === undefined ? {} : { Subnet: pool.subnet }),
    ...(pool.ip_range === undefined ? {} : { IPRange: pool.ip_range }),
    ...(pool.gateway === undefined ? {} : { Gateway: pool.gateway }),
    ...(pool.aux_addresses === undefined ? {} : { AuxiliaryAddresses: pool.aux_addresses }),
  }))
  const ipam = pools.length > 0 || model.ipam.driver !== undefined
  return {
    Name: model.name,
    Labels: { ...model.labels, ...owned(desired, labels.network, key, hash) },
    ...(model.driver === undefined ? {} : { Driver: model.driver }),
    ...(model.driver_opts === undefined ? {} : { Options: model.driver_opts }),
    ...(model.internal === undefined ? {} : { Internal: model.internal }),
    ...(model.attachable === undefined ? {} : { Attachable: model.attachable }),
    ...(model.enable_ipv4 === undefined ? {} : { EnableIPv4: model.enable_ipv4 }),
    ...(model.enable_ipv6 === undefined ? {} : { EnableIPv6: model.enable_ipv6 }),
    ...(ipam
      ? { IPAM: { ...(model.ipam.driver === undefined ? {} : { Driver: model.ipam.driver }), Config: pools } }
      : {}),
  }
}

export const volumeBody = (desired: DesiredUp, { key, model, hash }: DesiredVolume): JsonObject => ({
  Name: model.name,
  Labels: { ...model.labels, ...owned(desired, labels.volume, key, hash) },
  ...(model.driver === undefined ? {} : { Driver: model.driver }),
  ...(model.driver_opts === undefined ? {} : { DriverOpts: model.driver_opts }),
})
