/** Turns for the few sessions that an SSH server grants on one connection (MaxSessions, 10 by default). First come, first served. */

export interface Slots {
  readonly take: () => Promise<void>
  readonly give: () => void
  /** From now on nobody waits: the connection is gone, and whoever tries finds that out. */
  readonly dissolve: () => void
}

export const makeSlots = (size: number): Slots => {
  let free = size
  const waiting: Array<() => void> = []
  return {
    take: () => {
      if (free > 0) {
        free--
        return Promise.resolve()
      }
      return new Promise((resolve) => waiting.push(resolve))
    },
    give: () => {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    },
    dissolve: () => {
      free = Number.POSITIVE_INFINITY
      for (const next of waiting.splice(0)) next()
    },
  }
}
