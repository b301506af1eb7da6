/** What a driver does with the keys of the Compose model, as data: for whoever chooses a driver, and for a table of all drivers. */

/**
 * - `native`: as Compose does it;
 * - `emulated`: the same for the user, by other means;
 * - `degraded`: a part of it, or without effect here: the plan warns, or the rest is refused by name;
 * - `refused`: with its place, before anything is changed.
 */
export type ParityLevel = "native" | "emulated" | "degraded" | "refused"

export type ParityRow = {
  /** `services.*.links`: a name in the place of an asterisk makes it a path of the model. */
  readonly path: string
} & (
  | { readonly level: "native" | "emulated" }
  /** `remedy`: what to do instead, or what is left of it. */
  | { readonly level: "degraded" | "refused"; readonly remedy: string }
)

export type ParityTable = ReadonlyArray<ParityRow>
