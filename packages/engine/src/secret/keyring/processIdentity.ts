/** Who this process is and whether another one of this machine still lives: a process id alone is reused. */
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import { Schema } from "effect"

export const ProcessIdentity = Schema.Struct({
  host: Schema.String,
  /** Empty where the system has no /proc. */
  boot: Schema.String,
  /** Process ids of another namespace (a container) mean nothing here. */
  namespace: Schema.String,
  pid: Schema.Int,
  started: Schema.String,
})
export type ProcessIdentity = typeof ProcessIdentity.Type

const orEmpty = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return ""
  }
}

/** Start time in clock ticks since boot; behind the command name, which may hold blanks and parentheses. */
const startTime = (pid: number | "self"): string =>
  orEmpty(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  })

export const thisProcess = (): ProcessIdentity => ({
  host: hostname(),
  boot: orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
  namespace: orEmpty(() => readlinkSync("/proc/self/ns/pid")),
  pid: process.pid,
  started: startTime("self"),
})

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // EPERM: it lives and belongs to somebody else.
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

/** Whether a process is known to be gone; what cannot be known from here counts as alive. */
export const isGone = (other: ProcessIdentity, here: ProcessIdentity): boolean => {
  if (other.host !== here.host) return false
  if (other.boot !== here.boot) return true
  if (other.namespace !== here.namespace) return false
  return !exists(other.pid) || startTime(other.pid) !== other.started
}
