/** Turns for the few sessions that an SSH server grants on one connection (MaxSessions, 10 by default). First come, first served. */

/** Longer waits are not patience but a dead end: streams that nobody ends hold every session. */
const patience = 30_000

export interface Slots {
  /** Rejects with what `tired` makes when no turn came in time. */
  readonly take: () => Promise<void>
  readonly give: () => void
  /** From now on nobody waits: the connection is gone, and whoever tries finds that out. */
  readonly dissolve: () => void
}

export const makeSlots = (size: number, tired: () => Error): Slots => {
  let free = size
  const waiting = new Set<() => void>()
  return {
    take: () => {
      if (free > 0) {
        free--
        return Promise.resolve()
      }
      return new Promise((resolve, reject) => {
        const turn = () => {
          clearTimeout(late)
          waiting.delete(turn)
          resolve()
        }
        const late = setTimeout(() => {
          waiting.delete(turn)
          reject(tired())
        }, patience)
        waiting.add(turn)
      })
    },
    give: () => {
      const [next] = waiting
      if (next === undefined) free++
      else next()
    },
    dissolve: () => {
      free = Number.POSITIVE_INFINITY
      for (const next of waiting) next()
    },
  }
}
