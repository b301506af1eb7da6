/** YAML as written: aliases, tags and keys not yet understood. The general reader makes it, `expand.ts` gives it a meaning. */

export interface RawScalar {
  readonly kind: "scalar"
  readonly text: string
  /** Neither quoted nor a block: its type depends on what it says. */
  readonly plain: boolean
  /** Offset in the source; -1 for a value that is not there. */
  readonly at: number
  readonly tag?: string | undefined
  readonly anchor?: string | undefined
}

export interface RawList {
  readonly kind: "list"
  readonly items: ReadonlyArray<Raw>
  readonly at: number
  readonly tag?: string | undefined
  readonly anchor?: string | undefined
}

export interface RawMapping {
  readonly kind: "mapping"
  readonly pairs: ReadonlyArray<readonly [Raw, Raw]>
  readonly at: number
  readonly tag?: string | undefined
  readonly anchor?: string | undefined
}

export interface RawAlias {
  readonly kind: "alias"
  readonly name: string
  readonly at: number
}

export type Raw = RawScalar | RawList | RawMapping | RawAlias

export const nothing: RawScalar = { kind: "scalar", text: "", plain: true, at: -1 }
