/** Ctrl-C and SIGTERM: the first asks for an orderly stop, a later one says how to force it. Nothing is ever killed here. */
import type { Host, StopSignal } from "./host.ts"
import type { Texts } from "./text/index.ts"

export interface Interrupt {
  readonly signal: AbortSignal
  /** The signal that asked to stop, if one did. */
  readonly stoppedBy: () => StopSignal | undefined
  /** Operations may be in flight from now on (true) or no longer (false): only then is there something to say about a stop. */
  readonly running: (inFlight: boolean) => void
  /** Signals go to this listener instead of asking to stop, as long as there is one: a command in a container decides by itself. */
  readonly forward: (listener: ((signal: StopSignal) => void) | undefined) => void
  readonly release: () => void
}

/** 128 + the signal's number, as shells report it. */
export const exitOf = (signal: StopSignal): number => ({ SIGINT: 130, SIGTERM: 143 })[signal]

export const onInterrupt = (
  host: Pick<Host, "pid" | "onSignal">,
  texts: Texts,
  note: (text: string) => void,
): Interrupt => {
  const controller = new AbortController()
  let stoppedBy: StopSignal | undefined
  let inFlight = false
  let forwarded: ((signal: StopSignal) => void) | undefined
  const stop = (signal: StopSignal) => () => {
    if (forwarded !== undefined) return forwarded(signal)
    if (stoppedBy !== undefined) return note(texts.run.stillStopping(host.pid))
    stoppedBy = signal
    if (inFlight) note(texts.run.stopping)
    controller.abort()
  }
  const released = [host.onSignal("SIGINT", stop("SIGINT")), host.onSignal("SIGTERM", stop("SIGTERM"))]
  return {
    signal: controller.signal,
    stoppedBy: () => stoppedBy,
    running: (now) => {
      inFlight = now
    },
    forward: (listener) => {
      forwarded = listener
    },
    release: () => {
      for (const release of released) release()
    },
  }
}
