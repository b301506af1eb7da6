/** Telling errors apart by their tag, never by `instanceof`: several copies of a package may exist in one process. */
import { errorTable, type ErrorOf, type ErrorTag, type Revision, type WindFlowError } from "@windflow/engine/model"

/** What a run adds to the error it rejects with: the revision that records the failed attempt, when there is one. */
export interface RunFailure {
  readonly revision?: Revision
}

/** Whether a caught value is an error of WindFlow, and of this tag when one is given. */
export const isError = <Tag extends ErrorTag = ErrorTag>(
  error: unknown,
  tag?: Tag,
): error is ErrorOf<Tag> & RunFailure =>
  typeof error === "object" &&
  error !== null &&
  "_tag" in error &&
  typeof error._tag === "string" &&
  (tag === undefined ? Object.hasOwn(errorTable, error._tag) : error._tag === tag) &&
  "remedy" in error

/** Records the revision on the error of a run: not enumerable, so that the error still encodes as its schema says. */
export const withRevision = (error: WindFlowError, revision: Revision | undefined): WindFlowError =>
  revision === undefined
    ? error
    : Object.defineProperty(error, "revision", { value: revision, configurable: true, enumerable: false })
