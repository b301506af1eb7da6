/**
 * Plans the replacement of a service's containers: in turns, the old ones kept until the last gate has passed, and what puts
 * them back when one does not (`docs/designs/replacement.md`). Pure.
 */
import type { DesiredService, DesiredUp } from "./Desired.ts"
import type { CompensationRequest, Draft } from "./draft.ts"
import type { ObservedContainer } from "./Observed.ts"
import { type Handle, inputOf, type Planned } from "./planned.ts"
import { namespaceParents } from "./sharing.ts"
import { isRunning, type Removals } from "./planRemovals.ts"
import type { Waits } from "./planWaits.ts"
import { isDone, type Slot } from "./slots.ts"
import { type UpdatePolicy, updatePolicy } from "./updatePolicy.ts"

/** A container that takes the place of another, and is there under its temporary name once `created` is done. */
export interface Replacement {
  readonly slot: Slot
  readonly name: string
  readonly old: ObservedContainer
  readonly next: Handle
  readonly nextRuns: boolean
  /** A replacement was there already: whoever began it may have stopped the old container. */
  readonly interrupted: boolean
  readonly created: ReadonlyArray<string>
  readonly group: string
  readonly cause: string
}

/** What the planner of the whole `up` does for one container. */
export interface Steps {
  readonly start: (replacement: Replacement, needs: ReadonlyArray<string>) => string | undefined
  readonly rename: (replacement: Replacement, needs: ReadonlyArray<string>) => string
  /** What must be done before the old container may stop: gates of dependencies. */
  readonly ready: () => ReadonlyArray<string>
  /** Stops of dependents that restart with it. */
  readonly dependents: (needs: ReadonlyArray<string>) => ReadonlyArray<string>
  /** What it needs goes too (its network, a container whose namespaces it shares): it could not start again. */
  readonly lost: (old: ObservedContainer) => boolean
  /** Ports change hands: whoever comes back does so when all that replaced others are gone. */
  readonly handover: boolean
}

type Undo = "stop" | "start" | "remove" | "delay"

interface Turned {
  readonly replacement: Replacement
  readonly start: string | undefined
  readonly stop: string | undefined
  /** What tells whether it works: its gate, or its start where nobody waits. */
  readonly gate: string
}

const resourceOf = (service: DesiredService, { slot }: Replacement) => `service:${service.name}:${slot.number}`

const chunks = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  items.length <= size ? [items] : [items.slice(0, size), ...chunks(items.slice(size), size)]

export class Rollout {
  readonly #desired: DesiredUp
  readonly #draft: Draft
  readonly #removals: Removals
  readonly #waits: Waits
  readonly #service: DesiredService
  readonly #policy: UpdatePolicy
  readonly #steps: Steps
  #turned: ReadonlyArray<Turned> = []
  /** After this the old ones go; undefined where nothing is put back. */
  #committed: string | undefined

  constructor(
    plan: { readonly desired: DesiredUp; readonly draft: Draft; readonly removals: Removals; readonly waits: Waits },
    service: DesiredService,
    steps: Steps,
  ) {
    this.#desired = plan.desired
    this.#draft = plan.draft
    this.#removals = plan.removals
    this.#waits = plan.waits
    this.#service = service
    this.#policy = updatePolicy(service.model)
    this.#steps = steps
  }

  plan(replacements: ReadonlyArray<Replacement>): ReadonlyArray<Planned> {
    const kept = replacements.filter((replacement) => this.#comesBack(replacement))
    if (kept.length > 0) this.#end(this.#turns(kept))
    return replacements.map((replacement) => {
      const { slot, name, next: handle } = replacement
      const start = kept.includes(replacement)
        ? this.#turned.find((turn) => turn.replacement === replacement)?.start
        : this.#plainly(replacement)
      return { slot, name, handle, start }
    })
  }

  /** Whether there is something to come back to. */
  #comesBack({ old, interrupted }: Replacement): boolean {
    if (this.#desired.options.until === "created" || this.#steps.lost(old)) return false
    return isRunning(old) || (interrupted && old.state === "exited" && !isDone(this.#service, old))
  }

  /** Stop, remove, rename, start: the old one serves nobody, or cannot come back. */
  #plainly(replacement: Replacement): string | undefined {
    const { old, cause, group, created } = replacement
    const dependents = this.#steps.dependents(created)
    const gates = this.#steps.handover || this.#desired.options.until === "created" ? [] : this.#steps.ready()
    const stop = this.#removals.stop(old, cause, group, [...created, ...gates, ...dependents])
    const removal = this.#removals.removal(old, cause, group, [...(stop === undefined ? [] : [stop]), ...created])
    return this.#steps.start(replacement, [this.#steps.rename(replacement, [removal])])
  }

  /** Returns what must have passed before the old ones may go. */
  #turns(replacements: ReadonlyArray<Replacement>): ReadonlyArray<string> {
    const all: Array<Turned> = []
    const allowed = Math.floor(this.#policy.failureRatio * replacements.length)
    let before: ReadonlyArray<string> = []
    let tally: ReadonlyArray<string> = []
    const turns = chunks(replacements, this.#policy.parallelism)
    for (const [index, turn] of turns.entries()) {
      const turned = turn.map((replacement) => this.#turn(replacement, before, allowed))
      all.push(...turned)
      tally = this.#tally(all, allowed, index)
      before = [...turned.map(({ stop, gate }) => (this.#policy.startFirst ? (stop ?? gate) : gate)), ...tally]
      if (index < turns.length - 1) before = this.#delayed(index, before)
    }
    this.#turned = all
    return [...all.map(({ gate }) => gate), ...tally]
  }

  #turn(replacement: Replacement, before: ReadonlyArray<string>, allowed: number): Turned {
    const { old, cause, group, created, nextRuns } = replacement
    const stopOld = (needs: ReadonlyArray<string>) =>
      this.#removals.stop(old, cause, group, [...needs, ...this.#steps.dependents(needs)])
    const startNext = (needs: ReadonlyArray<string>) => (nextRuns ? undefined : this.#steps.start(replacement, needs))
    if (this.#policy.startFirst) {
      const start = startNext([...created, ...before])
      const gate = this.#gate(replacement, start, before, allowed)
      return { replacement, start, gate, stop: stopOld([gate]) }
    }
    const ready = this.#steps.handover ? [] : this.#steps.ready()
    const stop = stopOld([...created, ...ready, ...before])
    const stopped = stop === undefined ? before : [stop]
    const start = startNext([...created, ...stopped])
    return { replacement, start, stop, gate: this.#gate(replacement, start, stopped, allowed) }
  }

  #gate(
    { slot, name, next: handle }: Replacement,
    start: string | undefined,
    needs: ReadonlyArray<string>,
    allowed: number,
  ): string {
    // Who does not want to wait trusts the start.
    if (this.#desired.options.until !== "healthy" && start !== undefined) return start
    const borne = this.#policy.onFailure === "continue" || allowed > 0
    return this.#waits.gate(this.#service, { slot, name, handle, start }, needs, { stay: this.#policy.stay, borne })
  }

  /** Reads the verdicts so far, where some failures are borne and others not. */
  #tally(turned: ReadonlyArray<Turned>, allowed: number, index: number): ReadonlyArray<string> {
    if (this.#desired.options.until !== "healthy" || this.#policy.onFailure === "continue" || allowed === 0) return []
    const service = this.#service.name
    const id = this.#draft.add({
      id: `service:${service}/tally-${index}`,
      group: this.#waits.group(this.#service, "settled"),
      resource: `service:${service}`,
      cause: "failures so far",
      needs: turned.map(({ gate }) => gate),
      action: { verb: "Tally", args: { service, allowed } },
      inputs: Object.fromEntries(
        turned.map(({ replacement, gate }) => [replacement.name, { operation: gate, output: "failure" }]),
      ),
    })
    return [id]
  }

  #delayed(turn: number, needs: ReadonlyArray<string>): ReadonlyArray<string> {
    const { delay: millis } = this.#policy
    if (millis === 0) return needs
    const resource = `service:${this.#service.name}`
    const id = this.#draft.add({
      id: `${resource}/delay-${turn}`,
      group: this.#waits.group(this.#service, "settled"),
      resource,
      cause: "between two turns",
      needs,
      action: { verb: "Delay", args: { millis } },
    })
    return [id]
  }

  /** The old ones go: all together where a failure of one brings back all, else each after its own gate. */
  #end(passed: ReadonlyArray<string>): void {
    if (this.#policy.onFailure === "rollback") this.#committed = this.#commit(passed)
    for (const { replacement, stop, gate } of this.#turned) {
      const { old, cause, group } = replacement
      const needs = [...(stop === undefined ? [] : [stop]), this.#committed ?? gate]
      this.#steps.rename(replacement, [this.#removals.removal(old, cause, group, needs)])
    }
  }

  #commit(passed: ReadonlyArray<string>): string {
    const [only, ...others] = passed
    if (only !== undefined && others.length === 0) return only
    return this.#draft.add({
      id: `service:${this.#service.name}/replaced`,
      group: this.#waits.group(this.#service, "settled"),
      resource: `service:${this.#service.name}`,
      cause: "all are up",
      needs: passed,
      action: { verb: "Barrier", args: {} },
    })
  }

  /** The stops that a failed run owes; planned before any start, because ports may have changed hands. */
  stopsToPutBack(): ReadonlyArray<string> {
    const policy = this.#policy.rollback
    if (this.#committed === undefined || policy.startFirst) return []
    return this.#turned.map((turned) => undoId(this.#service, turned, "stop"))
  }

  /** Services in whose containers' namespaces its own live. */
  get hosts(): ReadonlyArray<string> {
    return namespaceParents(this.#service.model)
  }

  /** After this operation nothing of it is put back; undefined where nothing ever is. */
  get end(): string | undefined {
    return this.#committed
  }

  startsToPutBack(): ReadonlyArray<string> {
    return this.#committed === undefined ? [] : this.#turned.map((turned) => undoId(this.#service, turned, "start"))
  }

  /**
   * @param stops - Of all services, where whoever comes back must wait for all.
   * @param hosts - Starts of containers whose namespaces the old ones live in: these come back first.
   * @param ends - After these the hosts' old containers go, and what lived in them cannot come back.
   */
  putBack(stops: ReadonlyArray<string>, hosts: ReadonlyArray<string>, ends: ReadonlyArray<string>): void {
    if (this.#committed === undefined) return
    const until = ends[0] ?? this.#committed
    const { startFirst, parallelism, delay } = this.#policy.rollback
    let before: ReadonlyArray<string> = []
    const turns = chunks(this.#turned, this.#steps.handover ? Infinity : parallelism)
    for (const [index, turn] of turns.entries()) {
      const ends = turn.map((turned) => {
        if (startFirst) {
          const start = this.#startOld(turned, until, [...before, ...hosts])
          return this.#removeNew(turned, until, [start, this.#stopNew(turned, until, [start])])
        }
        const stop = this.#stopNew(turned, until, before)
        const start = this.#startOld(turned, until, [stop, ...(this.#steps.handover ? stops : []), ...hosts])
        return this.#removeNew(turned, until, [stop, start])
      })
      const last = turn.at(-1)
      before = ends
      if (delay > 0 && last !== undefined && index < turns.length - 1)
        before = [
          this.#undo(last, until, "delay", {
            undoes: last.start ?? last.gate,
            needs: ends,
            action: { verb: "Delay", args: { millis: delay } },
          }),
        ]
    }
  }

  #stopNew(turned: Turned, until: string, needs: ReadonlyArray<string>): string {
    const { name, next } = turned.replacement
    const seconds = this.#desired.options.stopTimeout ?? null
    return this.#undo(turned, until, "stop", {
      undoes: turned.start ?? turned.gate,
      needs,
      action: { verb: "StopContainer", args: { name, seconds, ...idOf(next) } },
      ...inputOf(next),
    })
  }

  #startOld(turned: Turned, until: string, needs: ReadonlyArray<string>): string {
    const { old } = turned.replacement
    return this.#undo(turned, until, "start", {
      undoes: turned.stop ?? turned.start ?? turned.gate,
      needs,
      action: { verb: "StartContainer", args: { service: this.#service.name, name: old.name, id: old.id } },
    })
  }

  #removeNew(turned: Turned, until: string, needs: ReadonlyArray<string>): string {
    const { name, next } = turned.replacement
    return this.#undo(turned, until, "remove", {
      undoes: "created" in next ? next.created : (turned.start ?? turned.gate),
      needs,
      // What it inherited is the old one's.
      action: { verb: "RemoveContainer", args: { name, volumes: false, ...idOf(next) } },
      ...inputOf(next),
    })
  }

  #undo(
    turned: Turned,
    until: string,
    what: Undo,
    rest: Pick<CompensationRequest, "undoes" | "needs" | "action" | "inputs">,
  ): string {
    return this.#draft.compensate({
      id: undoId(this.#service, turned, what),
      group: turned.replacement.group,
      resource: resourceOf(this.#service, turned.replacement),
      cause: "the replacement failed",
      until,
      ...rest,
    })
  }
}

const idOf = (handle: Handle): { readonly id?: string } => ("id" in handle ? { id: handle.id } : {})
const undoId = (service: DesiredService, { replacement }: Turned, what: Undo): string =>
  `${resourceOf(service, replacement)}/undo-${what}`
