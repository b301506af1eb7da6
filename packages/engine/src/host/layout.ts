/** How carried files lie on a target: names of volumes, labels and paths. Pure. */

export const fileLabels = {
  /** The project, on everything that belongs to its carried files. */
  project: "windflow.files",
  tree: "windflow.files.tree",
  digest: "windflow.files.digest",
  source: "windflow.files.source",
  revision: "windflow.files.revision",
  digests: "windflow.files.digests",
  /** On containers: the trees that they mount. */
  mounted: "windflow.files.mounted",
  /** On a container that only receives archives: its project. It is no part of a deployment. */
  carrier: "windflow.files.carrier",
} as const

/** The volume that holds the trees of a project. */
export const storeName = (project: string): string => `windflow.files.${project}`

/** Paths below that volume's root. */
export const treePath = (id: string): string => `trees/${id}`
export const manifestPath = (id: string): string => `${treePath(id)}/manifest.json`
/** What a container mounts: a directory or one file. */
export const rootPath = (id: string): string => `${treePath(id)}/root`
