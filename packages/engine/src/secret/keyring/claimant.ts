/**
 * Who holds a claim on a file, and whether that process is gone. Beside `state/owner.ts`, which judges processes: a claim has no
 * expiry, so that a restart of the machine must end it too.
 */
import { hostname } from "node:os"
import { Schema } from "effect"
import { isDead, linuxProcesses, type ProcessTable, thisProcess } from "../../state/owner.ts"

export const Claimant = Schema.Struct({
  host: Schema.String,
  /** Boot id and pid namespace; empty where the system does not tell. */
  bootId: Schema.String,
  pid: Schema.Int,
  started: Schema.String,
})
export type Claimant = typeof Claimant.Type

export const thisClaimant = (): Claimant => {
  const { bootId, pid, started } = thisProcess()
  return { host: hostname(), bootId, pid, started }
}

const bootOf = (claimant: Claimant): string => claimant.bootId.split("/")[0] ?? ""

/** Whether a claimant is known to be gone; what cannot be known from here counts as alive. */
export const isGone = (other: Claimant, here: Claimant, processes: ProcessTable = linuxProcesses): boolean => {
  if (other.host !== here.host) return false
  // Without boot ids (off Linux) there are no pid namespaces either: the pid alone decides.
  if (other.bootId === "" && here.bootId === "") return processes.started(other.pid) === undefined
  if (other.bootId === "" || here.bootId === "") return false
  if (bootOf(other) !== bootOf(here)) return true
  const { bootId, pid, started } = other
  return isDead({ name: other.host, run: "", bootId, pid, started }, processes)
}
