/** Options that were really given. */

type Said<A> = { [K in keyof A]?: Exclude<A[K], undefined> }

/** Leaves out what is undefined, so that it does not hide a default (and fits `exactOptionalPropertyTypes`). */
export const said = <A extends object>(options: A): Said<A> =>
  // Only keys with a value are kept, which is what `Said` states.
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Said<A>
