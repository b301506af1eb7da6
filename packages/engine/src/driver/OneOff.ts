/** One-off containers: a service's container with another command, beside those of the deployment (`docker compose run`). */
import type { Effect } from "effect"
import type { Stack } from "../model/Stack.ts"
import type { WindFlowError } from "../model/errors/union.ts"
import type { ExecSession, Report } from "./Driver.ts"
import type { UpOptions } from "./Request.ts"

export interface OneOffOptions {
  /** Instead of the service's command; absent: that one. */
  readonly argv?: ReadonlyArray<string>
  /** Instead of the image's entrypoint; without `argv` the service's command goes too. */
  readonly entrypoint?: ReadonlyArray<string>
  /** Environment variables over the service's own. (`environment` names one of the configuration.) */
  readonly variables?: Readonly<Record<string, string>>
  readonly user?: string
  readonly workingDirectory?: string
  /** More mounts, in Compose's short form. */
  readonly volumes?: ReadonlyArray<string>
  /** Ports to publish, in Compose's short form: the service's own are published only with `servicePorts`. */
  readonly ports?: ReadonlyArray<string>
  readonly servicePorts?: boolean
  /** Default: `PROJECT-SERVICE-run-ID`. */
  readonly name?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly capAdd?: ReadonlyArray<string>
  readonly capDrop?: ReadonlyArray<string>
  /** Reachable under the service's names too. */
  readonly useAliases?: boolean
  /** Keeps standard input open; default true. */
  readonly interactive?: boolean
  readonly tty?: { readonly columns: number; readonly rows: number }
  /** Starts it and returns: nothing is attached. */
  readonly detach?: boolean
  /** The engine removes it when it has ended. */
  readonly remove?: boolean
  /** It tells of no dependencies. (Starting them is the caller's business.) */
  readonly noDeps?: boolean
  readonly pull?: UpOptions["pull"]
  readonly build?: UpOptions["build"]
}

export interface OneOffRequest extends OneOffOptions {
  readonly stack: Stack
  readonly service: string
  readonly report: Report
}

export interface OneOffSession extends ExecSession {
  readonly id: string
  readonly name: string
  readonly kill: (signal: string) => Effect.Effect<void, WindFlowError>
}
