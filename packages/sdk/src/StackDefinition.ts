/**
 * How a stack is written in TypeScript: the Compose file format with its short and long forms, where a wrong key, a service, a
 * volume or a network that is not declared does not compile. Types only; the loader checks the same definition when it is used.
 */
import type { Service as ServiceModel, StackModel } from "@windflow/engine/model"
import type { SecretRef } from "./secret.ts"

type Scalar = string | number | boolean
type Key = string

/** The same data as users write it: arrays and objects are accepted readonly, keys stay optional. */
type Dependency = {
  readonly condition?: "service_started" | "service_healthy" | "service_completed_successfully"
  readonly restart?: boolean
  readonly required?: boolean
}

export interface HealthcheckDefinition {
  /** A shell line, or `["CMD", …]`, `["CMD-SHELL", …]`, `["NONE"]`. */
  readonly test?: string | readonly string[]
  /** Durations as Compose writes them: `10s`, `1m30s`. */
  readonly interval?: string
  readonly timeout?: string
  readonly start_period?: string
  readonly start_interval?: string
  readonly retries?: number
  readonly disable?: boolean
}

export interface BuildDefinition extends Partial<Omit<NonNullable<ServiceModel["build"]>, "args" | "labels">> {
  readonly args?: Readonly<Record<string, Scalar | null>> | readonly string[]
  readonly labels?: Readonly<Record<string, Scalar>> | readonly string[]
}

export interface PortDefinition {
  readonly name?: string
  readonly target: number
  readonly published?: string | number
  readonly host_ip?: string
  readonly protocol?: "tcp" | "udp" | "sctp"
  readonly mode?: "host" | "ingress"
  readonly app_protocol?: string
}

type MountOptions = Partial<Omit<NonNullable<ServiceModel["volumes"]>[number], "type" | "source" | "target">> & {
  readonly target: string
}
/** `data:/var/lib/data` names a declared volume; a path starts with `.`, `/` or `~`; one absolute path is anonymous. */
type MountDefinition<V extends Key> =
  | `${V}:${string}`
  | `${"." | "/" | "~"}${string}`
  | (MountOptions & { readonly type: "volume"; readonly source?: V })
  | (MountOptions & { readonly type: "bind"; readonly source: string })
  | (MountOptions & { readonly type: "tmpfs" })

type FileGrant<Name extends Key> =
  | Name
  | {
      readonly source: Name
      readonly target?: string
      readonly uid?: string
      readonly gid?: string
      readonly mode?: number | string
    }

type NetworkMembership = Partial<NonNullable<NonNullable<ServiceModel["networks"]>[string]>>

/** Keys that users write in more forms than the resolved model has. */
interface Rewritten<S extends Key, V extends Key, N extends Key, C extends Key, X extends Key> {
  readonly image?: string
  readonly build?: string | BuildDefinition
  readonly command?: string | readonly string[] | null
  readonly entrypoint?: string | readonly string[] | null
  /** A secret of the store stands where a value stands: `PASSWORD: secret("db")`. */
  readonly environment?: Readonly<Record<string, Scalar | null | SecretRef>> | readonly string[]
  readonly env_file?: string | readonly (string | { readonly path: string; readonly required?: boolean })[]
  readonly labels?: Readonly<Record<string, Scalar>> | readonly string[]
  readonly annotations?: Readonly<Record<string, Scalar>> | readonly string[]
  readonly ports?: readonly (string | number | PortDefinition)[]
  readonly expose?: readonly (string | number)[]
  readonly depends_on?: readonly S[] | { readonly [Name in S]?: Dependency }
  readonly links?: readonly (S | `${S}:${string}`)[]
  readonly volumes?: readonly MountDefinition<V>[]
  readonly networks?: readonly (N | "default")[] | { readonly [Name in N | "default"]?: NetworkMembership | null }
  readonly configs?: readonly FileGrant<C>[]
  readonly secrets?: readonly FileGrant<X>[]
  readonly healthcheck?: HealthcheckDefinition
  readonly tmpfs?: string | readonly string[]
  readonly dns?: string | readonly string[]
  readonly dns_search?: string | readonly string[]
  readonly extra_hosts?: Readonly<Record<string, string | readonly string[]>> | readonly string[]
  readonly sysctls?: Readonly<Record<string, Scalar>> | readonly string[]
  readonly deploy?: DeployDefinition
  readonly extends?: string | { readonly service: string; readonly file?: string }
  readonly mem_limit?: string | number
  readonly mem_reservation?: string | number
  readonly memswap_limit?: string | number
  readonly shm_size?: string | number
}

type ModelDeploy = NonNullable<ServiceModel["deploy"]>
export interface DeployDefinition extends Partial<Omit<ModelDeploy, "resources" | "placement">> {
  readonly resources?: Partial<ModelDeploy["resources"]>
  readonly placement?: Partial<ModelDeploy["placement"]>
}

/** A service: every key of the Compose Specification. The parameters are the names that may be referred to. */
export type ServiceDefinition<
  S extends Key = string,
  V extends Key = string,
  N extends Key = string,
  C extends Key = string,
  X extends Key = string,
> = Rewritten<S, V, N, C, X> & Partial<Omit<ServiceModel, keyof Rewritten<S, V, N, C, X>>>

export type NetworkDefinition = Partial<Omit<NonNullable<StackModel["networks"]>[string], "ipam">> & {
  readonly ipam?: Partial<NonNullable<StackModel["networks"]>[string]["ipam"]>
}
export type VolumeDefinition = Partial<NonNullable<StackModel["volumes"]>[string]>
export type FileObjectDefinition = Partial<NonNullable<StackModel["configs"]>[string]>

/** A whole stack. */
export interface StackDefinition<S extends Key, V extends Key, N extends Key, C extends Key, X extends Key> {
  readonly services: {
    readonly [Name in S]: ServiceDefinition<NoInfer<S>, NoInfer<V>, NoInfer<N>, NoInfer<C>, NoInfer<X>>
  }
  readonly volumes?: { readonly [Name in V]: VolumeDefinition | null }
  readonly networks?: { readonly [Name in N]: NetworkDefinition | null }
  readonly configs?: { readonly [Name in C]: FileObjectDefinition }
  readonly secrets?: { readonly [Name in X]: FileObjectDefinition }
}
