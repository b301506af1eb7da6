/** Deploys a subject and its edit with Compose and with us, and tells where the two are not equal. No part of the product. */
import { Cause, Effect, Exit, type Schema } from "effect"
import { Unsupported } from "../../../model/errors/union.ts"
import type { Bed } from "../testBed.ts"
import { type Difference, differences } from "./comparable.ts"
import { downByCompose, downByUs, type Seen, seenByCompose, seenByUs } from "./interchange.ts"
import { type Step, steps, type Subject } from "./Subject.ts"
import { type Look, upOfCompose, type Reference, type World, world } from "./world.ts"

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

const composed = (place: World, reference: Reference, step: Step, command: ReadonlyArray<string>) =>
  Effect.tryPromise({
    try: () => place.compose(reference, step, ...command),
    catch: (error) =>
      new Error(
        error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : String(error),
      ),
  })

/** What is not the same container any more, or was started again: `service:web:1`. */
const moved = (before: Look, after: Look): ReadonlyArray<string> =>
  Object.entries(fates(before, after))
    .flatMap(([name, fate]) =>
      fate === "kept" ? [] : [(after.containers.get(name) ?? before.containers.get(name))?.resource ?? name],
    )
    .toSorted()

/** One side: what was there after each `up`, and what an `up` of the other tool changed in between. */
interface Side {
  readonly outcomes: ReadonlyMap<Step, string>
  readonly looks: ReadonlyMap<Step, Look>
  readonly other: ReadonlyArray<string>
  /** What was there before the edit, after the other tool had its turn. */
  readonly before: Look | undefined
  /** What the other tool sees of the edited deployment, and what its `down` leaves. */
  readonly seen?: Seen
  readonly left?: Json
}

const shapeOf = ({ outcomes, looks, other, before, seen, left }: Side): Json => {
  const [first, edited] = [looks.get("first"), looks.get("edited")]
  return {
    outcomes: Object.fromEntries(outcomes),
    ...(first === undefined ? {} : { first: first.shape }),
    ...(edited === undefined ? {} : { edited: edited.shape }),
    ...(before === undefined || edited === undefined
      ? {}
      : { fates: { containers: fates(before, edited), networks: networkFates(before, edited) } }),
    other: other.length === 0 ? "nothing" : other,
    ...(seen === undefined ? {} : { seen: { ...seen } }),
    ...(left === undefined ? {} : { left }),
  }
}

/** How an `up` ended: deployed, or with the text the subject expects, or with another one. */
const outcomeOf = (subject: Subject, result: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(result)) return "deployed"
  const error = Cause.squash(result.cause)
  const shown = error instanceof Error ? error.message : String(error)
  const text = shown + JSON.stringify(error)
  return subject.fails !== undefined && new RegExp(subject.fails).test(text) ? `fails: ${subject.fails}` : shown
}

/** One side of the comparison: who deploys, and what the other tool then does with it. */
interface Deployer {
  readonly up: (step: Step) => Effect.Effect<unknown, unknown>
  /** An `up` of the other tool: what it moves, or would move, and what is there afterwards. */
  readonly visit: (
    step: Step,
    look: Look,
  ) => Effect.Effect<{ readonly moves: ReadonlyArray<string>; readonly after: Look }, unknown>
  /** `ps`, `logs` and `down` of the other tool. */
  readonly seen: Effect.Effect<Seen, unknown>
  readonly down: Effect.Effect<unknown, unknown>
}

const deployedBy = (deployer: Deployer, subject: Subject, place: World): Effect.Effect<Side, unknown> =>
  Effect.gen(function* () {
    const outcomes = new Map<Step, string>()
    const looks = new Map<Step, Look>()
    let other: ReadonlyArray<string> = []
    let before: Look | undefined
    for (const step of steps) {
      place.write(step)
      const result = yield* Effect.exit(deployer.up(step))
      // Refused before anything was done: nothing to compare.
      if (Exit.isFailure(result) && Cause.squash(result.cause) instanceof Unsupported)
        return yield* Effect.failCause(result.cause)
      outcomes.set(step, outcomeOf(subject, result))
      const look = yield* Effect.promise(() => place.look(step))
      looks.set(step, look)
      if (step === "edited") continue
      before = look
      if (subject.fails !== undefined) continue
      const { moves, after } = yield* deployer.visit(step, look)
      other = moves
      before = after
    }
    if (subject.core !== true) return { outcomes, looks, other, before }
    const seen = yield* deployer.seen
    yield* deployer.down
    const left = (yield* Effect.promise(() => place.look("edited"))).shape
    return { outcomes, looks, other, before, seen, left }
  })

const compose = (subject: Subject, place: World, bed: Bed, reference: Reference): Deployer => ({
  up: (step) => composed(place, reference, step, upOfCompose(subject, step)),
  visit: (step, look) =>
    Effect.map(Effect.flatMap(place.request(step), bed.draft), ({ draft }) => ({
      moves: draft.groups
        .flatMap(({ kind, resource }) => (kind === "none" || kind === "wait" ? [] : [resource]))
        .toSorted(),
      after: look,
    })),
  seen: seenByUs(place, bed),
  down: downByUs(place, bed),
})

const windflow = (subject: Subject, place: World, bed: Bed, reference: Reference): Deployer => ({
  up: (step) => Effect.flatMap(place.request(step), (request) => bed.run(request)),
  visit: (step, look) =>
    Effect.gen(function* () {
      yield* composed(place, reference, step, upOfCompose(subject, step))
      const after = yield* Effect.promise(() => place.look(step))
      return { moves: moved(look, after), after }
    }),
  seen: seenByCompose(place, reference, "edited"),
  down: downByCompose(place, reference),
})

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
  tool: Reference,
): Effect.Effect<ReadonlyArray<Difference>, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const place = yield* world(subject, project, busybox)
      yield* cleared(place, bed)
      yield* Effect.addFinalizer(() => Effect.orDie(cleared(place, bed)))
      const theirs = yield* deployedBy(compose(subject, place, bed, tool), subject, place)
      yield* cleared(place, bed)
      const ours = yield* deployedBy(windflow(subject, place, bed, tool), subject, place)
      // Both failing alike is equal only where the subject says so.
      const expected = subject.fails === undefined ? "deployed" : `fails: ${subject.fails}`
      for (const [step, outcome] of ours.outcomes)
        if (outcome !== expected) return yield* Effect.fail(new Error(`we, ${step}: ${outcome}, expected: ${expected}`))
      return differences(shapeOf(theirs), shapeOf(ours))
    }),
  )
