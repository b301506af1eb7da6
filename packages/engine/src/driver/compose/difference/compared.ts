/** Deploys a subject and its edit with Compose and with us, and tells where the two are not equal. No part of the product. */
import { Cause, Effect, Exit, type Schema } from "effect"
import { Unsupported } from "../../../model/errors/union.ts"
import type { Bed } from "../testBed.ts"
import { changes } from "../testBed.ts"
import { type Difference, differences } from "./comparable.ts"
import { type Step, steps, type Subject } from "./Subject.ts"
import { type Look, upOfCompose, type World, world } from "./world.ts"

type Json = Schema.Json
type Fate = "kept" | "restarted" | "recreated" | "created" | "removed"

const fates = (before: Look, after: Look): Readonly<Record<string, Fate>> => {
  const fate = (name: string): Fate => {
    const [old, now] = [before.containers.get(name), after.containers.get(name)]
    if (old === undefined) return "created"
    if (now === undefined) return "removed"
    if (old.id !== now.id) return "recreated"
    return old.startedAt === now.startedAt ? "kept" : "restarted"
  }
  return Object.fromEntries(
    [...new Set([...before.containers.keys(), ...after.containers.keys()])].map((name) => [name, fate(name)]),
  )
}

const networkFates = (before: Look, after: Look): Readonly<Record<string, Fate>> =>
  Object.fromEntries(
    [...new Set([...before.networks.keys(), ...after.networks.keys()])].map((name) => {
      const [old, now] = [before.networks.get(name), after.networks.get(name)]
      return [name, old === undefined ? "created" : now === undefined ? "removed" : old === now ? "kept" : "recreated"]
    }),
  )

const composed = (place: World, binary: string, step: Step, command: ReadonlyArray<string>) =>
  Effect.tryPromise({
    try: () => place.compose(binary, step, ...command),
    catch: (error) =>
      new Error(
        error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : String(error),
      ),
  })

/** Names of what is not the same container any more, or was started again. */
const moved = (before: Look, after: Look): ReadonlyArray<string> =>
  Object.entries(fates(before, after)).flatMap(([name, fate]) => (fate === "kept" ? [] : [`${name} ${fate}`]))

/** One side: what was there after each `up`, and what an `up` of the other tool changed in between. */
interface Side {
  readonly outcomes: ReadonlyMap<Step, string>
  readonly looks: ReadonlyMap<Step, Look>
  readonly other: ReadonlyArray<string>
}

const shapeOf = ({ outcomes, looks, other }: Side): Json => {
  const [first, edited] = [looks.get("first"), looks.get("edited")]
  return {
    outcomes: Object.fromEntries(outcomes),
    ...(first === undefined ? {} : { first: first.shape }),
    ...(edited === undefined ? {} : { edited: edited.shape }),
    ...(first === undefined || edited === undefined
      ? {}
      : { fates: { containers: fates(first, edited), networks: networkFates(first, edited) } }),
    other: other.length === 0 ? "nothing" : other,
  }
}

/** How an `up` ended: deployed, or with the text the subject expects, or with another one. */
const outcomeOf = (subject: Subject, result: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(result)) return "deployed"
  const error = Cause.squash(result.cause)
  const shown = error instanceof Error ? error.message : String(error)
  const text = shown + JSON.stringify(error)
  return subject.fails !== undefined && text.includes(subject.fails) ? `fails: ${subject.fails}` : shown
}

/** Both sides do the same, each in its own way. `up` is one of theirs or ours. */
const side = (
  subject: Subject,
  place: World,
  up: (step: Step) => Effect.Effect<unknown, unknown>,
  other: (step: Step, look: Look) => Effect.Effect<ReadonlyArray<string>, unknown>,
): Effect.Effect<Side, unknown> =>
  Effect.gen(function* () {
    const outcomes = new Map<Step, string>()
    const looks = new Map<Step, Look>()
    let moved: ReadonlyArray<string> = []
    for (const step of steps) {
      place.write(step)
      const result = yield* Effect.exit(up(step))
      // Refused before anything was done: nothing to compare.
      if (Exit.isFailure(result) && Cause.squash(result.cause) instanceof Unsupported)
        return yield* Effect.failCause(result.cause)
      outcomes.set(step, outcomeOf(subject, result))
      const look = yield* Effect.promise(() => place.look(step))
      looks.set(step, look)
      if (step === "first" && subject.fails === undefined) moved = yield* other(step, look)
    }
    return { outcomes, looks, other: moved }
  })

const theirs = (subject: Subject, place: World, bed: Bed, binary: string) =>
  side(
    subject,
    place,
    (step) => composed(place, binary, step, upOfCompose(subject, step)),
    (step) => Effect.map(Effect.flatMap(place.request(step), bed.draft), ({ draft }) => changes(draft)),
  )

const ours = (subject: Subject, place: World, bed: Bed, binary: string) =>
  side(
    subject,
    place,
    (step) => Effect.flatMap(place.request(step), (request) => bed.run(request)),
    (step, look) =>
      Effect.gen(function* () {
        yield* composed(place, binary, step, upOfCompose(subject, step))
        return moved(look, yield* Effect.promise(() => place.look(step)))
      }),
  )

/** Everything of the project goes, with its volumes; whoever made it. */
const cleared = (place: World, bed: Bed): Effect.Effect<void, unknown> =>
  Effect.andThen(
    bed.down(place.project, { volumes: true, removeOrphans: true }),
    Effect.promise(() => place.forgetImages()),
  )

/** Where Compose's deployment and ours differ. */
export const compared = (
  subject: Subject,
  project: string,
  busybox: string,
  bed: Bed,
  binary: string,
): Effect.Effect<ReadonlyArray<Difference>, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const place = yield* world(subject, project, busybox)
      yield* cleared(place, bed)
      yield* Effect.addFinalizer(() => Effect.orDie(cleared(place, bed)))
      const reference = yield* theirs(subject, place, bed, binary)
      yield* cleared(place, bed)
      const own = yield* ours(subject, place, bed, binary)
      // Both failing alike is equal only where the subject says so.
      const expected = subject.fails === undefined ? "deployed" : `fails: ${subject.fails}`
      for (const [step, outcome] of own.outcomes)
        if (outcome !== expected) return yield* Effect.fail(new Error(`we, ${step}: ${outcome}, expected: ${expected}`))
      return differences(shapeOf(reference), shapeOf(own))
    }),
  )
