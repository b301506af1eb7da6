/** Collects what is wrong with the files of one load, so that all of it is told at once. */
import type { Diagnostic } from "../model/errors/union.ts"
import type { Place } from "../model/Place.ts"
import { formatPath, type Node, type Path } from "./tree/Node.ts"

/** Stable names of findings; documentation and tests refer to them. */
export type Code =
  | "yaml"
  | "too-large"
  | "unknown-key"
  | "type"
  | "value"
  | "missing-key"
  | "interpolation"
  | "variable-required"
  | "variable-unset"
  | "merge"
  | "extends"
  | "include"
  | "cycle"
  | "reference"
  | "conflict"
  | "file"
  | "name"
  | "empty"
  | "obsolete"
  | "deprecated"
  | "capability"

export interface Finding {
  readonly message: string
  readonly expected?: string
  readonly remedy: string
}

export class Findings {
  readonly errors: Diagnostic[] = []
  readonly warnings: Diagnostic[] = []
  /** Parts in which something is wrong: `services/web`. */
  readonly tainted = new Set<string>()
  readonly #seen = new Set<string>()

  error(code: Code, at: Node | Place | undefined, path: Path, finding: Finding): void {
    this.#add("error", code, at, path, finding)
  }

  warn(code: Code, at: Node | Place | undefined, path: Path, finding: Finding): void {
    this.#add("warning", code, at, path, finding)
  }

  get failed(): boolean {
    return this.errors.length > 0
  }

  #add(severity: "error" | "warning", code: Code, at: Node | Place | undefined, path: Path, finding: Finding): void {
    const place = at === undefined ? undefined : "kind" in at ? (code === "unknown-key" ? at.keyPlace : at.place) : at
    if (severity === "error" && path.length > 1) this.tainted.add(`${path[0]}/${path[1]}`)
    const key = `${code}\0${place?.file}:${place?.line}:${place?.column}\0${finding.message}`
    // A file may be read twice (extends, include): the same finding is told once.
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    ;(severity === "error" ? this.errors : this.warnings).push({
      severity,
      code,
      message: finding.message,
      ...(finding.expected === undefined ? {} : { expected: finding.expected }),
      remedy: finding.remedy,
      ...(place === undefined ? {} : { place }),
      ...(path.length === 0 ? {} : { path: formatPath(path) }),
    })
  }
}
