/** What opening a target gives, and how a driver is opened: the seam at which drivers of an embedder, and fakes, come in. */
import type { OpenDriver } from "@windflow/engine/driver"
import type { Deployments } from "@windflow/engine/execute"
import type { Stage, Target, TargetFacts, WindFlowError } from "@windflow/engine/model"
import type { SecretStoreShape } from "@windflow/engine/secret"
import type { Effect, Scope } from "effect"
import type { SshOptions } from "./sshHost.ts"

/** What a driver may use while it is open. */
export interface DriverContext {
  /** The environment that the caller of `open` handed over: never the process's behind one's back. */
  readonly env: Readonly<Record<string, string>>
  readonly secrets: SecretStoreShape
  readonly ssh: SshOptions
}

/** What trying a target found out, before anything on it was asked for. */
export interface Probe {
  readonly stages: ReadonlyArray<Stage>
  readonly facts?: TargetFacts
  /** The key that its host showed, as a line. */
  readonly hostKey?: string
}

/** A kind of driver, by the name that targets carry. */
export interface DriverFactory {
  readonly name: string
  readonly open: (target: Target, context: DriverContext) => Effect.Effect<OpenDriver, WindFlowError, Scope.Scope>
  /** Tries a target stage by stage; without it the only stage is whether the driver answers. */
  readonly probe?: (target: Target, context: DriverContext) => Effect.Effect<Probe, WindFlowError, Scope.Scope>
}

/** An opened target: closed with the scope that opened it. */
export interface Session {
  readonly target: Target
  readonly driver: OpenDriver
  readonly deployments: Deployments
}
