/**
 * WindFlow inside a tool of your own: preview environments, one a branch. Shows progress through `onEvent`, stops when the tool
 * is told to, and answers in the tool's own words.
 */
import { compose, type Event, isError, type OpenOptions, WindFlow } from "@windflow/sdk"

export interface Preview {
  readonly branch: string
  /** Where the branch's Compose file lies. */
  readonly directory: string
  readonly variables: Readonly<Record<string, string>>
  /** Aborting stops between two operations; the next call goes on from there. */
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export type Answer =
  | { readonly state: "running"; readonly urls: ReadonlyArray<string> }
  | { readonly state: "busy"; readonly owner: string }
  | { readonly state: "stopped" }
  | { readonly state: "broken"; readonly why: string; readonly remedy: string }

/** A name that an engine accepts, from whatever a branch is called. */
export const projectOf = (branch: string): string =>
  `preview-${branch
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 40)}`

/** One line for each thing that people care about. */
const lineOf = (event: Event): string | undefined => {
  switch (event._tag) {
    case "Planned":
      return `${event.groups.filter(({ kind }) => kind !== "none").length} changes to make`
    case "RunResumed":
      return `going on where the last run stopped (${event.done} operations were done)`
    case "OperationSucceeded":
      return `done: ${event.operation}`
    case "OperationFailed":
      return `failed: ${event.operation}: ${event.error.message}`
    case "RunStarted":
    case "OperationStarted":
    case "OperationSkipped":
    case "Compensating":
    case "Progress":
    case "Warning":
    case "RunEnded":
      return undefined
    default:
      return event satisfies never
  }
}

export class Previews implements AsyncDisposable {
  readonly #windflow: WindFlow

  private constructor(windflow: WindFlow) {
    this.#windflow = windflow
  }

  /** Nothing is read behind the tool's back: it hands over what may be used. */
  static async open(options: OpenOptions): Promise<Previews> {
    return new Previews(await WindFlow.open({ config: false, ...options }))
  }

  async deploy({ branch, directory, variables, signal, say }: Preview): Promise<Answer> {
    try {
      const stack = await compose(undefined, { directory, project: projectOf(branch), env: variables })
      const revision = await this.#windflow.up(stack, {
        signal,
        onEvent: (event) => {
          const line = lineOf(event)
          if (line !== undefined) say(line)
        },
      })
      return { state: "running", urls: revision.urls }
    } catch (error) {
      if (isError(error, "Locked")) return { state: "busy", owner: error.owner }
      if (isError(error, "Cancelled")) return { state: "stopped" }
      if (isError(error)) return { state: "broken", why: error.message, remedy: error.remedy }
      throw error
    }
  }

  /** The branch is merged: away with it, data included. */
  async remove(branch: string): Promise<void> {
    await this.#windflow.down(projectOf(branch), { volumes: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#windflow[Symbol.asyncDispose]()
  }
}
