/** A deployment is a stack on a target, `project@target`; each change of it is an immutable revision. */
import { Schema } from "effect"

/** `project@target`. */
export const DeploymentName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9][a-z0-9_-]*@\S+$/, { message: "must be project@target" }),
)
export const deploymentName = (project: string, target: string): string => `${project}@${target}`

export const RevisionStatus = Schema.Literals(["succeeded", "failed", "cancelled", "rolled-back"])
export type RevisionStatus = typeof RevisionStatus.Type

/** What people see of a revision. What a rollback needs lies in the revision's record (`state/Revisions.ts`). */
export const Revision = Schema.Struct({
  deployment: Schema.String,
  /** Counts from 1, a number a run that changed something. */
  number: Schema.Int,
  status: RevisionStatus,
  /** Where the deployment answers: `http://127.0.0.1:8080`, one a published TCP port. */
  urls: Schema.Array(Schema.String),
  /** ISO time of the end of the run, the deployer's clock. */
  at: Schema.String,
  /** Who ran it: `user@host`. */
  owner: Schema.String,
  /** `3 created, 1 replaced`. */
  summary: Schema.String,
})
export type Revision = typeof Revision.Type
