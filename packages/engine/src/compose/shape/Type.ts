/** How the parts of the resolved model are read from a tree and printed. The table is `shape/model.ts`. */

export interface Field {
  readonly name: string
  readonly type: Type
  /** Name in JSON where the reference has another one. */
  readonly json?: string
  /** Printed in JSON even when it holds nothing. */
  readonly always?: boolean
  /** Printed in YAML even when it holds its zero value. */
  readonly yamlAlways?: boolean
}

export type Type =
  /** `optional` keeps a zero value that was written; otherwise zero means absent. */
  | { readonly is: "text" | "bytes" | "mode" | "float" | "count" | "ulimit" }
  | { readonly is: "flag" | "duration"; readonly optional: boolean }
  /** A boolean that is true unless written, and printed only when false. */
  | { readonly is: "optOut" }
  | { readonly is: "whole"; readonly optional: boolean; readonly unsigned: boolean; readonly strict: boolean }
  /** `texts`: a list; `textOrTexts`: or one text; `printed`: items of any kind, as text. */
  | { readonly is: "texts" | "textOrTexts" | "printed" | "command" | "test" | "hosts" | "ssh" }
  /** Mappings to text: `labels`, `pairs` and `options` print any value, `texts` wants text, `environment` keeps null. */
  | { readonly is: "labels" | "pairs" | "options" | "environment" | "textMap" | "multiOptions" }
  | Struct
  | { readonly is: "list"; readonly of: Type }
  | { readonly is: "map"; readonly of: Type }

/** `indexes` and `always` are derived from the fields: where a name stands, and which are printed in any case. */
export interface Struct {
  readonly is: "struct"
  readonly fields: ReadonlyArray<Field>
  readonly extensions: boolean
  readonly indexes: ReadonlyMap<string, number>
  readonly always: ReadonlyArray<number>
}

export const text: Type = { is: "text" }
export const flag: Type = { is: "flag", optional: false }
export const optionalFlag: Type = { is: "flag", optional: true }
export const optOut: Type = { is: "optOut" }
export const whole: Type = { is: "whole", optional: false, unsigned: false, strict: false }
export const optionalWhole: Type = { is: "whole", optional: true, unsigned: false, strict: false }
/** Unsigned: text that holds digits is refused where the reference does so. */
export const unsigned: Type = { is: "whole", optional: false, unsigned: true, strict: true }
export const optionalUnsigned: Type = { is: "whole", optional: true, unsigned: true, strict: true }
export const float: Type = { is: "float" }
export const bytes: Type = { is: "bytes" }
export const duration: Type = { is: "duration", optional: false }
export const optionalDuration: Type = { is: "duration", optional: true }
export const mode: Type = { is: "mode" }
export const count: Type = { is: "count" }
export const ulimit: Type = { is: "ulimit" }
export const texts: Type = { is: "texts" }
export const textOrTexts: Type = { is: "textOrTexts" }
export const printed: Type = { is: "printed" }
export const command: Type = { is: "command" }
export const test: Type = { is: "test" }
export const hosts: Type = { is: "hosts" }
export const ssh: Type = { is: "ssh" }
export const labels: Type = { is: "labels" }
export const pairs: Type = { is: "pairs" }
export const options: Type = { is: "options" }
export const environment: Type = { is: "environment" }
export const textMap: Type = { is: "textMap" }
export const multiOptions: Type = { is: "multiOptions" }
export const listOf = (of: Type): Type => ({ is: "list", of })
export const mapOf = (of: Type): Type => ({ is: "map", of })

type FieldSpec = Type | Omit<Field, "name">
const isType = (spec: FieldSpec): spec is Type => "is" in spec

/** Fields in the order of the reference's structs: the config hash depends on it. */
export const struct = (table: Readonly<Record<string, FieldSpec>>, extensions = true): Struct => {
  const fields = Object.entries(table).map(([name, spec]): Field =>
    isType(spec) ? { name, type: spec } : Object.assign({ name }, spec),
  )
  return {
    is: "struct",
    fields,
    extensions,
    indexes: new Map(fields.map(({ name }, i) => [name, i])),
    always: fields.flatMap((field, i) => (field.always === true ? [i] : [])),
  }
}
/** A field that JSON prints even when it holds nothing. */
export const always = (type: Type): Omit<Field, "name"> => ({ type, always: true })
