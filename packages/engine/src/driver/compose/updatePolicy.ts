/** What `deploy.update_config` and `rollback_config` ask for, with our defaults (`docs/designs/replacement.md`). Pure. */
import type { Service } from "../../model/StackModel.ts"
import { parseDuration } from "./goValues.ts"

export interface UpdatePolicy {
  readonly startFirst: boolean
  /** Replicas replaced at a time. */
  readonly parallelism: number
  /** Milliseconds between two turns. */
  readonly delay: number
  readonly onFailure: "rollback" | "pause" | "continue"
  /** Milliseconds that a replacement must stay up after its gate: with a healthcheck, and without one. */
  readonly stay: { readonly healthy: number; readonly running: number }
  /** The share of replicas that may fail before `onFailure` counts. */
  readonly failureRatio: number
  readonly rollback: { readonly startFirst: boolean; readonly parallelism: number; readonly delay: number }
}

/** A container that dies at once is caught; an `up` stays quick. */
const stayWithoutHealthcheck = 1000

const millis = (text: string | undefined): number => Math.ceil((parseDuration(text ?? "0") ?? 0) / 1_000_000)

/** 0 is all at once, as Swarm has it. */
const turns = (parallelism: number | undefined): number => (parallelism === 0 ? Infinity : (parallelism ?? 1))

export const updatePolicy = ({ deploy }: Service): UpdatePolicy => {
  const update = deploy?.update_config
  const rollback = deploy?.rollback_config
  const action = update?.failure_action
  const monitor = update?.monitor === undefined ? undefined : millis(update.monitor)
  return {
    startFirst: update?.order === "start-first",
    parallelism: turns(update?.parallelism),
    delay: millis(update?.delay),
    onFailure: action === "pause" || action === "continue" ? action : "rollback",
    stay: { healthy: monitor ?? 0, running: monitor ?? stayWithoutHealthcheck },
    failureRatio: update?.max_failure_ratio ?? 0,
    rollback: {
      // Who updates without a gap does not want one on the way back.
      startFirst: (rollback?.order ?? update?.order) === "start-first",
      parallelism: turns(rollback?.parallelism),
      delay: millis(rollback?.delay),
    },
  }
}

/** Why a replica's successor cannot run beside it; undefined when it can. */
export const excludesStartFirst = (service: Service): string | undefined => {
  const fixed = service.ports?.find(({ published }) => /^[1-9]\d*$/.test(published ?? ""))
  if (fixed !== undefined) return `it publishes the fixed port ${fixed.published}`
  if (service.container_name !== undefined) return `it has the container_name ${service.container_name}`
  const mode = service.network_mode
  if (mode === "host" || mode?.startsWith("container:") === true || mode?.startsWith("service:") === true)
    return `it shares the network of ${mode === "host" ? "the host" : mode}`
  if (service.mac_address !== undefined) return `it has the fixed address ${service.mac_address}`
  for (const network of Object.values(service.networks ?? {})) {
    const address =
      network?.ipv4_address ?? network?.ipv6_address ?? network?.mac_address ?? network?.link_local_ips?.[0]
    if (address !== undefined) return `it has the fixed address ${address}`
  }
  return undefined
}
