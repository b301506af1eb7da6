/** What the planner sees of a target: one snapshot of a project's containers, networks and volumes. Plain data. */

import type { ContainerHooks } from "./hooks.ts"

/** `exited` with its code: read from the status text, so no container is inspected for it. */
export type ContainerState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"

const running: ReadonlySet<ContainerState> = new Set(["running", "restarting", "paused"])
/** Whether it has a process that can be stopped. */
export const runs = ({ state }: { readonly state: ContainerState }): boolean => running.has(state)

export interface ObservedMount {
  readonly type: string
  /** Of volumes. */
  readonly name: string
  readonly target: string
  readonly readOnly: boolean
}

export interface ObservedDependency {
  readonly service: string
  readonly condition: "service_started" | "service_healthy" | "service_completed_successfully"
  /** It is restarted when the dependency is. */
  readonly restart: boolean
}

export interface ObservedContainer {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly number: number
  /** Made by `run`; among what is observed only where a verb is about such containers too. */
  readonly oneOff: boolean
  readonly state: ContainerState
  readonly health: "none" | "starting" | "healthy" | "unhealthy"
  readonly exitCode: number | undefined
  readonly configHash: string
  /** The name it was created by; an id where that name means another image now. */
  readonly imageName: string
  /** The image it was created from, as its creator recorded it; else the engine's. */
  readonly image: string
  readonly extra: string
  /** Hooks it was created with; undefined when it has none, or Compose created it. */
  readonly hooks?: ContainerHooks | undefined
  /** A container that a hook ran in, left over from a run that died. */
  readonly ofHook?: boolean
  /** Digests of the fields it was created from; undefined when Compose created it. */
  readonly fields: Readonly<Record<string, string>> | undefined
  /** What it depends on, as its label tells: `down`, `start` and the like work without the file. */
  readonly dependsOn: ReadonlyArray<ObservedDependency>
  /** Name → id; the id is empty until the container has started once. */
  readonly networks: Readonly<Record<string, string>>
  /** Name of a network → the addresses it has there while it runs, as the engine writes them. */
  readonly addresses: Readonly<Record<string, ReadonlyArray<string>>>
  readonly mounts: ReadonlyArray<ObservedMount>
  /** `127.0.0.1:8080/tcp` of published host ports. */
  readonly hostPorts: ReadonlyArray<string>
}

export interface ObservedNetwork {
  readonly id: string
  readonly name: string
  /** Empty: not made for a Compose project. */
  readonly project: string
  readonly key: string
  readonly hash: string
}

export interface ObservedVolume {
  readonly name: string
  readonly project: string
  readonly key: string
  readonly hash: string
}

export interface Observed {
  /** What image references resolve to now; asked only for a saved desired state, else `prepare` has just resolved them. */
  readonly images?: ReadonlyMap<string, string>
  /** Digest → id of a complete tree; asked only when something is carried. */
  readonly trees?: ReadonlyMap<string, string>
  readonly containers: ReadonlyArray<ObservedContainer>
  readonly networks: ReadonlyArray<ObservedNetwork>
  readonly volumes: ReadonlyArray<ObservedVolume>
}
