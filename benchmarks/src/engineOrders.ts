/** What the deployer and the process of the simulated engines agree on. Without the server, whose memory is not the deployer's. */

export interface Latency {
  /** Milliseconds for a call that looks. */
  readonly read: number
  /** Milliseconds for a call that changes something. */
  readonly write: number
}

/** What the process of the engines is told. */
export type EngineOrder = { readonly _tag: "Stall"; readonly target: number } | { readonly _tag: "Reset" }

/** The image that every engine has. */
export const image = "simulated:1"

/** 127.1.0.0 and up: a host part a target. */
export const addressOf = (n: number): string => `127.1.${Math.floor(n / 250)}.${(n % 250) + 1}`
