/** Compose's flags of `up` and `plan`, as the engine's options. */
import type { UpFlags } from "@windflow/sdk"
import type { VerbContext } from "./Verb.ts"

/** As commander hands them over: `--no-…` options are false when given. */
export interface UpCommandOptions {
  readonly removeOrphans?: boolean
  readonly renewAnonVolumes?: boolean
  readonly alwaysRecreateDeps?: boolean
  readonly forceRecreate?: boolean
  readonly recreate?: boolean
  readonly deps?: boolean
  readonly scale?: Readonly<Record<string, number>>
  readonly pull?: "policy" | "always" | "missing" | "never"
  readonly carry?: "missing" | "always" | "never"
  /** `true` for --build, `false` for --no-build. */
  readonly build?: boolean
  readonly timeout?: number
}

const truthy = (text: string | undefined): boolean => text !== undefined && /^(1|t|true|y|yes)$/i.test(text)

export const upFlags = (
  options: UpCommandOptions,
  services: ReadonlyArray<string>,
  env: VerbContext["host"]["env"],
): UpFlags => ({
  ...(services.length === 0 ? {} : { services: [...services] }),
  ...(options.deps === false ? { noDeps: true } : {}),
  ...(options.removeOrphans === true || truthy(env["COMPOSE_REMOVE_ORPHANS"]) ? { removeOrphans: true } : {}),
  ...(options.renewAnonVolumes === true ? { renewAnonymousVolumes: true } : {}),
  ...(options.alwaysRecreateDeps === true ? { recreateDependencies: true } : {}),
  ...(options.forceRecreate === true ? { recreate: "force" } : options.recreate === false ? { recreate: "never" } : {}),
  ...(options.scale === undefined ? {} : { scale: options.scale }),
  ...(options.pull === undefined ? {} : { pull: options.pull }),
  ...(options.carry === undefined ? {} : { carry: options.carry }),
  ...(options.build === true ? { build: "always" } : options.build === false ? { build: "never" } : {}),
  ...(options.timeout === undefined ? {} : { stopTimeout: options.timeout }),
})

/** `--parallel`, else COMPOSE_PARALLEL_LIMIT; Compose's -1 (no limit) leaves ours. */
export const concurrencyOf = (
  parallel: number | undefined,
  env: VerbContext["host"]["env"],
): { readonly concurrency?: number } => {
  const limit = Number(env["COMPOSE_PARALLEL_LIMIT"] ?? "")
  const wanted = parallel ?? (Number.isInteger(limit) && limit > 0 ? limit : undefined)
  return wanted === undefined ? {} : { concurrency: wanted }
}
