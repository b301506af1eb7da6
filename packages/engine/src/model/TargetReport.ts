/** What a target answered when it was tried, stage by stage, and what kind of machine it is. Plain data. */
import { Schema } from "effect"
import { WindFlowError } from "./errors/union.ts"
import { Target } from "./Target.ts"

// Members one by one: taken apart as a whole the module could not be left out of bundles where it is not used.
const optionalKey = Schema.optionalKey
const Str = Schema.String

/** In the order in which they are tried; a stage that fails has the later ones that need it skipped. */
export const StageName = Schema.Literals(["dns", "tcp", "ssh", "auth", "sudo", "engine", "api", "disk", "clock"])
export type StageName = typeof StageName.Type

/** What is not as it should be, and does not keep WindFlow from deploying. */
export const StageFinding = Schema.Literals(["no-sudo", "little-space", "clock-off"])
export type StageFinding = typeof StageFinding.Type

export const Stage = Schema.Struct({
  stage: StageName,
  status: Schema.Literals(["passed", "warning", "failed", "skipped"]),
  /** Facts, the same in every language: an address, a version, a size. */
  detail: Str,
  finding: optionalKey(StageFinding),
  error: optionalKey(WindFlowError),
  milliseconds: Schema.Finite,
})
export type Stage = typeof Stage.Type

export const Disk = Schema.Struct({ mount: Str, size: Schema.Finite, free: Schema.Finite })
export type Disk = typeof Disk.Type

/** Sizes are bytes. What could not be found out is absent. */
export const TargetFacts = Schema.Struct({
  os: optionalKey(Str),
  kernel: optionalKey(Str),
  architecture: optionalKey(Str),
  cpus: optionalKey(Schema.Int),
  memory: optionalKey(Schema.Finite),
  disks: Schema.Array(Disk),
  /** `none` for a physical machine, else what systemd calls it: `kvm`, `docker`. */
  virtualisation: optionalKey(Str),
  engines: Schema.Array(Schema.Struct({ name: Str, version: Str })),
})
export type TargetFacts = typeof TargetFacts.Type

export const TargetReport = Schema.Struct({
  target: Target,
  /** No stage failed. */
  ok: Schema.Boolean,
  stages: Schema.Array(Stage),
  facts: optionalKey(TargetFacts),
  /** The key the host showed, as a line, when the target is reached by SSH. */
  hostKey: optionalKey(Str),
  /** Projects that it runs, and how many containers they have. */
  projects: Schema.Array(Str),
  containers: Schema.Int,
  /** ISO time on the target's clock, read before the containers; absent when the engine did not answer. */
  at: optionalKey(Str),
})
export type TargetReport = typeof TargetReport.Type
