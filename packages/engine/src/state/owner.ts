/**
 * Who a process is, and whether another one still lives. Only where pids are comparable: same boot, same pid namespace (two
 * containers share the boot id but not the pids). Elsewhere, and off Linux, a lock ends by expiry alone.
 */
import { readFileSync, readlinkSync } from "node:fs"
import { hostname, userInfo } from "node:os"
import { Effect } from "effect"
import type { Owner } from "./Locks.ts"

/** It lives, and the system does not show since when. */
export const hidden: unique symbol = Symbol("hidden")

/** What is asked of the operating system; tests give their own. */
export interface ProcessTable {
  /** Boot id and pid namespace; empty when unknown. */
  readonly bootId: () => string
  /** Start time in clock ticks since boot; undefined when there is no such process (or only its corpse). */
  readonly started: (pid: number) => string | typeof hidden | undefined
}

/** `state` and `starttime` of /proc/PID/stat; the name before them may hold spaces and brackets. */
const parseStat = (stat: string): { readonly state: string; readonly started: string } | undefined => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [state, started] = [fields[0], fields[19]]
  return state === undefined || started === undefined ? undefined : { state, started }
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** Whether the pid exists, also when another user's: /proc may hide those. */
const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH")
  }
}

export const linuxProcesses: ProcessTable = {
  bootId: () => {
    const boot = read("/proc/sys/kernel/random/boot_id")?.trim()
    if (boot === undefined) return ""
    try {
      return `${boot}/${readlinkSync("/proc/self/ns/pid")}`
    } catch {
      return ""
    }
  },
  started: (pid) => {
    if (!exists(pid)) return undefined
    const stat = parseStat(read(`/proc/${pid}/stat`) ?? "")
    if (stat === undefined) return hidden
    return stat.state === "Z" || stat.state === "X" ? undefined : stat.started
  },
}

const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    // A uid without an entry in the user database, common in containers.
    return String(process.getuid?.() ?? "unknown")
  }
}

/** This process as an owner; a run adds its id. Looked up when it is read: a run that changes nothing needs none of it. */
export const thisProcess = (processes: ProcessTable = linuxProcesses): Omit<Owner, "run"> => {
  let name: string | undefined
  let started: string | undefined
  const startTime = () => {
    if (started === undefined) {
      const found = processes.started(process.pid)
      started = typeof found === "string" ? found : ""
    }
    return started
  }
  return {
    pid: process.pid,
    get name() {
      return (name ??= `${userName()}@${hostname()}`)
    },
    get started() {
      return startTime()
    },
    // Without its start time this process cannot be told from a later one with its pid.
    get bootId() {
      return startTime() === "" ? "" : processes.bootId()
    },
  }
}

export const isDead = (owner: Owner, processes: ProcessTable): boolean => {
  if (owner.bootId === "" || owner.bootId !== processes.bootId()) return false
  const started = processes.started(owner.pid)
  return started === undefined || (started !== hidden && started !== owner.started)
}

export const isDeadHere = (owner: Owner): Effect.Effect<boolean> => Effect.sync(() => isDead(owner, linuxProcesses))
