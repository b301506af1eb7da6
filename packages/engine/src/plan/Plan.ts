/**
 * A plan: what a run will do, as plain data. Drivers make drafts (`driver/Driver.ts`), `seal` adds the hash and checks the DAG
 * rules; the executor walks `operations`, people read `groups`.
 */
import { Schema } from "effect"
import { Target } from "../model/Target.ts"
import { Compensation } from "./Compensation.ts"
import { Operation, OperationId } from "./Operation.ts"

export const GroupKind = Schema.Literals(["create", "update", "replace", "delete", "run", "wait", "none"])
export type GroupKind = typeof GroupKind.Type

/** A field whose change is the cause of a group. Values are masked unless their key is allow-listed. */
export const FieldChange = Schema.Struct({
  path: Schema.String,
  before: Schema.optionalKey(Schema.String),
  after: Schema.optionalKey(Schema.String),
})
export type FieldChange = typeof FieldChange.Type

/** What people are shown: one resource, one kind of change, its cause, and the operations that do it. */
export const OperationGroup = Schema.Struct({
  id: Schema.NonEmptyString,
  kind: GroupKind,
  resource: Schema.NonEmptyString,
  cause: Schema.String,
  fields: Schema.Array(FieldChange),
  /** Ids of groups that come before; derived from the operations' needs. */
  needs: Schema.Array(Schema.String),
  operations: Schema.Array(OperationId),
})
export type OperationGroup = typeof OperationGroup.Type

/** What a driver's planner returns. */
export interface PlanDraft {
  readonly groups: ReadonlyArray<Omit<OperationGroup, "needs" | "operations">>
  /** In an order in which each stands after what it needs. */
  readonly operations: ReadonlyArray<Operation>
  /** What a run that fails owes; in an order in which each stands after what it needs. Absent: nothing is put back. */
  readonly compensations?: ReadonlyArray<Compensation>
  /**
   * Exactly what the planner read: ids, hash labels, state classes, image ids, attachments; not health, addresses, times.
   * Its digest makes a plan stale when it changes.
   */
  readonly snapshot: Schema.Json
  readonly warnings: ReadonlyArray<string>
}

export const Plan = Schema.Struct({
  format: Schema.Literal(1),
  /** `project@target`. */
  deployment: Schema.String,
  project: Schema.String,
  target: Target,
  driver: Schema.String,
  /** `up`, `down`, …: what was asked. */
  intent: Schema.String,
  /** Digest of the snapshot: apply compares it with a fresh observation. */
  snapshot: Schema.String,
  /** Digest of snapshot, desired state and operations: names this plan. */
  hash: Schema.String,
  /** Groups that change something (waits and untouched resources do not count). */
  changes: Schema.Int,
  groups: Schema.Array(OperationGroup),
  operations: Schema.Array(Operation),
  compensations: Schema.optionalKey(Schema.Array(Compensation)),
  warnings: Schema.Array(Schema.String),
  /** The driver's prepared desired state, encoded: with it a saved plan can be applied. Holds no secret value. */
  desired: Schema.Json,
})
export type Plan = typeof Plan.Type

/**
 * Operations that only wait for something (their group's kind is `wait`): they change nothing, so they may be given up at any
 * moment, take no slot of the walk, and a plan of nothing else needs no lock.
 */
export const waitsOf = (plan: Pick<Plan, "groups">): ReadonlySet<string> =>
  new Set(plan.groups.flatMap((group) => (group.kind === "wait" ? group.operations : [])))
