/** Which points of which runs a crash sweep visits: all of them at night, else some, another set each day. Pure. */
import type { CrashPoint } from "../../../testing/index.ts"

/** A process that deploys dies here. */
export type Point = CrashPoint

/** Before and after each row of a run. */
export const everyPoint = (rows: number): ReadonlyArray<Point> =>
  Array.from({ length: rows }, (_, index) => index + 1).flatMap((row) => [
    { row, when: "before" } as const,
    { row, when: "after" } as const,
  ])

/** Each `nth` point, beginning somewhere else with each seed. `nth` is odd, so that both sides of rows are visited. */
export const somePoints = (rows: number, nth: number, seed: number): ReadonlyArray<Point> =>
  everyPoint(rows).filter((_, index) => index % nth === seed % nth)

/** `count` of the items, one after the other, other ones with each seed. */
export const someOf = <A>(items: ReadonlyArray<A>, count: number, seed: number): ReadonlyArray<A> =>
  items.filter((_, index) => (((index - seed * count) % items.length) + items.length) % items.length < count)
