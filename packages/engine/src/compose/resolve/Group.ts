/** A group of Compose files that are joined: the project itself, or one `include`. */
import type { Effect } from "effect"
import type { Mapping, Node, Path } from "../tree/Node.ts"
import { formatPath } from "../tree/Node.ts"
import type { Loading, Variables } from "./Loading.ts"

/** A Compose file whose text is at hand. */
export interface ComposeText {
  readonly path: string
  readonly text: string
}

/** Paths that a document tagged `!reset` or `!override`. */
export type Marks = ReadonlyArray<Path>

export interface Group {
  readonly loading: Loading
  /** Absolute for the project, relative to the includer for an include. */
  readonly workingDirectory: string
  /** What relative `include` and `extends` paths are seen from; absolute. */
  readonly directory: string
  readonly variables: Variables
  /** Files on the way from the project to this include. */
  readonly trail: ReadonlyArray<string>
  /** Files that `extends` names, read once a group. */
  readonly bases: Map<string, Base>
  readonly reader: Reader
}

export interface Base {
  readonly services: Mapping
  readonly marks: Marks
}

/** How `include` and `extends` read on. */
export interface Reader {
  /** The files of a group as one tree. */
  readonly group: (group: Group, files: ReadonlyArray<ComposeText>) => Effect.Effect<Mapping>
  /** A file that `extends` names: neither checked nor followed. */
  readonly part: (group: Group, file: ComposeText) => Effect.Effect<{ readonly tree: Mapping; readonly marks: Marks }>
}

const REMOTE = /^(?:oci:|git:|https?:|ssh:|file:|git@|github\.com\/)/

/** Whether a path names something that must be fetched; that is a finding, for fetching is not part of loading. */
export const isRemote = (loading: Loading, path: string, at: Node, where: Path): boolean => {
  if (!REMOTE.test(path)) return false
  loading.findings.error("capability", at, where, {
    message: `${formatPath(where)}: ${path} lies on another host${loading.capability.allowRemote ? ", and fetching it is not supported" : ", which is not allowed here"}`,
    expected: "a path of this project",
    remedy: "Fetch it into the project first, and name the local copy.",
  })
  return true
}
