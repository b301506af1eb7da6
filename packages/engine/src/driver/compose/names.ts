/** Names and labels: Compose's own, so that its commands work on what we deploy, and our few. */
import type { Service } from "../../model/StackModel.ts"

/** The version of Compose whose behaviour and labels we follow. */
export const composeVersion = "5.5.0"

export const labels = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  number: "com.docker.compose.container-number",
  oneoff: "com.docker.compose.oneoff",
  /** Of one-off containers: 64 hex digits, the first 12 of which stand in the name. */
  slug: "com.docker.compose.slug",
  configHash: "com.docker.compose.config-hash",
  image: "com.docker.compose.image",
  dependsOn: "com.docker.compose.depends_on",
  configFiles: "com.docker.compose.project.config_files",
  workingDirectory: "com.docker.compose.project.working_dir",
  environmentFile: "com.docker.compose.project.environment_file",
  version: "com.docker.compose.version",
  replaces: "com.docker.compose.replace",
  network: "com.docker.compose.network",
  volume: "com.docker.compose.volume",
  /** Ours: short digests of the service's fields, so that the cause of a replacement can be named. */
  fields: "windflow.fields",
  /** Ours: what Compose's hash does not cover (versions of secrets); absent when there is nothing of it. */
  extra: "windflow.extra",
  /** Ours: the hooks that run in the container; absent when it has none. */
  hooks: "windflow.hooks",
  /** Ours: on a container that a hook runs in, and that is no replica. */
  hook: "windflow.hook",
} as const

export const projectFilter = (project: string) => [`${labels.project}=${project}`]

export const defaultImage = (project: string, service: string): string => `${project}-${service}`

export const containerName = (project: string, service: string, model: Service, number: number): string =>
  model.container_name ?? `${project}-${service}-${number}`

const temporary = /^([0-9a-f]{12})_(.+)$/
/** The name of a container that is to replace another, until that one is gone. */
export const temporaryName = (oldId: string, name: string): string => `${oldId.slice(0, 12)}_${name}`
/** Whether a container still has its temporary name. */
export const isTemporaryName = (name: string, finalName: string): boolean => temporary.exec(name)?.[2] === finalName

/** Docker names anonymous volumes by 64 hex digits. */
export const isAnonymousVolume = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)
