/** Ctrl-C and SIGTERM: the first asks for an orderly stop, a later one says how to force it. Nothing is ever killed here. */
import type { Host, StopSignal } from "./host.ts"
import type { Texts } from "./text/index.ts"

export interface Interrupt {
  readonly signal: AbortSignal
  /** The signal that asked to stop, if one did. */
  readonly stoppedBy: () => StopSignal | undefined
  readonly release: () => void
}

/** 128 + the signal's number, as shells report it. */
export const exitOf = (signal: StopSignal): number => ({ SIGINT: 130, SIGTERM: 143 })[signal]

export const onInterrupt = (host: Host, texts: Texts, note: (text: string) => void): Interrupt => {
  const controller = new AbortController()
  let stoppedBy: StopSignal | undefined
  const stop = (signal: StopSignal) => () => {
    if (stoppedBy !== undefined) return note(texts.run.stillStopping(host.pid))
    stoppedBy = signal
    note(texts.run.stopping)
    controller.abort()
  }
  const released = [host.onSignal("SIGINT", stop("SIGINT")), host.onSignal("SIGTERM", stop("SIGTERM"))]
  return {
    signal: controller.signal,
    stoppedBy: () => stoppedBy,
    release: () => {
      for (const release of released) release()
    },
  }
}
