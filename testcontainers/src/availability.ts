// What a machine may lack. A test that needs it is skipped with the reason, never passed.

/** Why something cannot be had on this machine. */
export interface Unavailable {
  readonly unavailable: string
}

/** What a test needs, or its end as skipped with the reason. `context` is the test's own. */
export const orSkip = <A extends object>(
  found: A | Unavailable,
  context: { readonly skip: (reason: string) => never },
): A => ("unavailable" in found ? context.skip(found.unavailable) : found)
