/** The shape of a catalogue of error texts: a function a tag, so that a missing text does not compile. */
import type { Diagnostic, ErrorOf, ErrorTag, WindFlowError } from "./union.ts"
import { formatPlace } from "../Place.ts"

export interface ErrorText {
  readonly message: string
  readonly remedy: string
}

export type Catalogue = { readonly [Tag in ErrorTag]: (error: ErrorOf<Tag>) => ErrorText }

/** Looks up a text; the tag selects the function, so the argument always fits. */
export const lookUp =
  (catalogue: Catalogue) =>
  (error: WindFlowError): ErrorText => {
    // The index type loses the correlation between tag and argument; `Catalogue` guarantees it.
    const text = catalogue[error._tag] as (error: WindFlowError) => ErrorText
    return text(error)
  }

/** A finding a line: `compose.yaml:4:3 services.web.foo: message (expected …)`. */
export const diagnosticLines = (diagnostics: ReadonlyArray<Diagnostic>, expected: string): string =>
  diagnostics
    .map((d) =>
      [
        d.place === undefined ? (d.path ?? "") : formatPlace(d.place),
        `${d.message}${d.expected === undefined ? "" : ` (${expected} ${d.expected})`}`,
      ]
        .filter((part) => part !== "")
        .join(" "),
    )
    .join("\n")

/** The distinct remedies of the findings, or a default when none has one. */
export const remedies = (diagnostics: ReadonlyArray<Diagnostic>, otherwise: string): string => {
  const found = [...new Set(diagnostics.flatMap((d) => d.remedy || []))]
  return found.length === 0 ? otherwise : found.join("\n")
}
