/**
 * Mutual exclusion between processes of one machine over a file, with ordinary file operations.
 *
 * A claimant puts a claim with a name of its own beside the file, then looks for claims of others. Of two claimants at least the
 * later one sees the earlier, so two never both hold; one that sees another withdraws and tries again after a random while.
 * Claims are never renamed or reused, so removing one whose process died cannot hit a live one.
 */
import { randomUUID } from "node:crypto"
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { Duration, Effect, Option, Schedule, Schema, type Scope } from "effect"
import { KeyringFailed } from "../../model/errors/union.ts"
import { Claimant, isGone, thisClaimant } from "./claimant.ts"

/** Writing takes milliseconds: who waits longer waits for something that hangs. */
const defaultPatience = Duration.seconds(10)

/** A claim that is being written; nobody minds it. */
const incompleteSuffix = ".incomplete"
const incompleteMillis = 60_000

/** Its writer died between two system calls. */
const removeWhenOld = async (path: string): Promise<void> => {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && Date.now() - found.mtimeMs > incompleteMillis) await rm(path, { force: true })
}

const decodeClaim = Schema.decodeUnknownOption(Schema.fromJsonString(Claimant), { onExcessProperty: "error" })

interface Claim {
  readonly path: string
  /** Nothing when the claim cannot be read: it counts as held. */
  readonly owner: Option.Option<Claimant>
}

const read = async (path: string): Promise<Claim | undefined> => {
  try {
    return { path, owner: decodeClaim(await readFile(path, "utf8")) }
  } catch (cause) {
    // Released between listing and reading.
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined
    throw cause
  }
}

/** Puts the claim down; the first claim of others that stands, or nothing when the lock is ours. */
const claim = async (file: string, own: string, here: Claimant): Promise<Claim | undefined> => {
  const directory = dirname(file)
  const incomplete = `${own}${incompleteSuffix}`
  // Renamed into place, so that a claim that can be seen can be read.
  await writeFile(incomplete, JSON.stringify(here), { flag: "wx", mode: 0o600 })
  await rename(incomplete, own)
  const prefix = `${basename(file)}.lock-`
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    if (!name.startsWith(prefix) || path === own) continue
    if (name.endsWith(incompleteSuffix)) {
      await removeWhenOld(path)
      continue
    }
    const other = await read(path)
    if (other === undefined) continue
    const gone = Option.match(other.owner, { onNone: () => false, onSome: (owner) => isGone(owner, here) })
    if (!gone) return other
    await rm(path, { force: true })
  }
  return undefined
}

const held = (file: string, by: Claim): KeyringFailed => {
  const owner = Option.match(by.owner, {
    onNone: () => "an unreadable lock file",
    onSome: ({ host, pid }) => `process ${pid} on ${host}`,
  })
  return new KeyringFailed({ path: file, reason: "locked", detail: `${owner} holds ${by.path}` })
}

/** Holds the lock of `file` until the scope closes; fails with reason `locked` when it does not become free. */
export const lockFile = (
  file: string,
  patience: Duration.Input = defaultPatience,
): Effect.Effect<void, KeyringFailed, Scope.Scope> => {
  const here = thisClaimant()
  const attempt = Effect.gen(function* () {
    const own = `${file}.lock-${randomUUID()}`
    const withdraw = Effect.promise(async () => {
      await rm(own, { force: true })
      await rm(`${own}${incompleteSuffix}`, { force: true })
    })
    yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () => claim(file, own, here),
        catch: (cause) => new KeyringFailed({ path: file, reason: "unreadable", detail: String(cause) }),
      }).pipe(
        Effect.flatMap((other) => (other === undefined ? Effect.void : Effect.fail(held(file, other)))),
        Effect.tapError(() => withdraw),
      ),
      () => withdraw,
    )
  })
  return attempt.pipe(
    Effect.retry({
      schedule: Schedule.max([Schedule.spaced("15 millis").pipe(Schedule.jittered), Schedule.during(patience)]),
      while: (error) => error.reason === "locked",
    }),
  )
}
