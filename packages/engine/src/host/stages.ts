/** Tries a target stage by stage, so that what is wrong is named by its cause: a name, a port, a key, a right, an engine, a disk, a clock. */
import { Clock, Effect } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Stage, StageFinding, StageName } from "../model/TargetReport.ts"
import type { DockerApiShape } from "../transport/DockerApi.ts"
import type { HostAddress } from "../transport/ssh/knownHosts.ts"
import { connectionFailed } from "../transport/ssh/sshErrors.ts"
import type { SshHost } from "../transport/ssh/SshHost.ts"
import { disksOf } from "./facts.ts"

const { connect: connectTcp } = process.getBuiltinModule("node:net")

/** Below this an image of the usual size no longer fits. */
const littleSpace = 1 << 30
/** Milliseconds; the engine tells whole seconds. Locks survive more, certificates and people's eyes do not. */
const clockTolerance = 5000

export interface Found {
  readonly detail: string
  readonly finding?: StageFinding
}

/** A stage that ran. */
export const stage = (name: StageName, work: Effect.Effect<Found, WindFlowError>): Effect.Effect<Stage> =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const after = Effect.map(Clock.currentTimeMillis, (now) => now - start)
    return yield* Effect.matchEffect(work, {
      onSuccess: ({ detail, finding }) =>
        Effect.map(after, (milliseconds): Stage =>
          finding === undefined
            ? { stage: name, status: "passed", detail, milliseconds }
            : { stage: name, status: "warning", detail, finding, milliseconds },
        ),
      onFailure: (error) =>
        Effect.map(after, (milliseconds): Stage => ({
          stage: name,
          status: "failed",
          detail: error._tag,
          error,
          milliseconds,
        })),
    })
  })

export const skipped = (name: StageName): Stage => ({ stage: name, status: "skipped", detail: "", milliseconds: 0 })

/** One after the other until one fails; the rest is skipped. */
export const inOrder = (
  stages: ReadonlyArray<readonly [StageName, Effect.Effect<Found, WindFlowError>]>,
): Effect.Effect<ReadonlyArray<Stage>> =>
  Effect.gen(function* () {
    const done: Array<Stage> = []
    for (const [name, work] of stages)
      done.push(done.some(({ status }) => status === "failed") ? skipped(name) : yield* stage(name, work))
    return done
  })

const resolved = (first: HostAddress): Effect.Effect<Found, WindFlowError> => {
  const { promises } = process.getBuiltinModule("node:dns")
  return Effect.map(
    Effect.tryPromise({ try: () => promises.lookup(first.host), catch: (error) => connectionFailed(first, error) }),
    ({ address }) => ({ detail: address }),
  )
}

const reached = (first: HostAddress): Effect.Effect<Found, WindFlowError> =>
  Effect.callback((resume) => {
    const socket = connectTcp({ host: first.host, port: first.port, timeout: 10_000 })
    socket.once("connect", () => {
      resume(Effect.succeed({ detail: `${first.host}:${first.port}` }))
      socket.destroy()
    })
    socket.once("timeout", () => socket.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })))
    socket.once("error", (error) => resume(Effect.fail(connectionFailed(first, error))))
    return Effect.sync(() => socket.destroy())
  })

/** Of a connection that something else carries nothing can be said before it is made. */
const networkStages = (host: SshHost): Effect.Effect<ReadonlyArray<Stage>> =>
  Effect.flatMap(Effect.result(host.first), (found) => {
    if (found._tag === "Failure")
      return inOrder([
        ["dns", Effect.fail(found.failure)],
        ["tcp", Effect.die("skipped")],
      ])
    const first = found.success
    return first === undefined
      ? Effect.succeed([skipped("dns"), skipped("tcp")])
      : inOrder([
          ["dns", resolved(first)],
          ["tcp", reached(first)],
        ])
  })

/** Errors of these tags come before the host has asked who we are. */
const beforeAuthentication: ReadonlySet<WindFlowError["_tag"]> = new Set([
  "HostKeyUnknown",
  "HostKeyMismatch",
  "HostUnreachable",
])

/** Both happen in one handshake: which of them failed is told by the error. */
const handshake = (host: SshHost): Effect.Effect<ReadonlyArray<Stage>> =>
  Effect.gen(function* () {
    const ssh = yield* stage(
      "ssh",
      Effect.map(host.connect, ({ hostKey = "" }) => ({ detail: hostKey.split(" ")[0] ?? "" })),
    )
    if (ssh.error === undefined) {
      const auth = yield* stage(
        "auth",
        Effect.map(host.connect, ({ credential }) => ({ detail: credential })),
      )
      return [ssh, auth]
    }
    if (beforeAuthentication.has(ssh.error._tag)) return [ssh, skipped("auth")]
    return [
      { stage: "ssh", status: "passed", detail: "", milliseconds: ssh.milliseconds },
      { ...ssh, stage: "auth" },
    ]
  })

const sudo = (host: SshHost): Effect.Effect<Found, WindFlowError> =>
  Effect.gen(function* () {
    const id = yield* host.run(["id", "-u"])
    if (id.stdout.toString("utf8").trim() === "0") return { detail: "root" }
    const { exitCode } = yield* host.run(["sudo", "-n", "true"])
    return exitCode === 0 ? { detail: "sudo" } : { detail: "", finding: "no-sudo" }
  })

const gigabytes = (bytes: number): string => `${(bytes / (1 << 30)).toFixed(1)} GiB`

const space = (host: SshHost, directory: string): Effect.Effect<Found, WindFlowError> =>
  Effect.gen(function* () {
    const { stdout } = yield* host.run(["df", "-Pk", directory])
    const text = stdout.toString("utf8")
    const [disk] = disksOf(text, [/\s(\/.*)$/m.exec(text.split("\n")[1] ?? "")?.[1] ?? ""])
    // The directory of another user's engine may not be looked at.
    if (disk === undefined) return { detail: directory }
    const detail = `${directory}: ${gigabytes(disk.free)} / ${gigabytes(disk.size)}`
    return disk.free < littleSpace ? { detail, finding: "little-space" } : { detail }
  })

/** How far a target's clock is from ours; half of the way there and back is taken off. */
export const clockStage = (now: Effect.Effect<number, WindFlowError>): Effect.Effect<Found, WindFlowError> =>
  Effect.gen(function* () {
    const before = yield* Clock.currentTimeMillis
    const theirs = yield* now
    const after = yield* Clock.currentTimeMillis
    // Whole seconds, cut off: half of one is what they lack on average.
    const difference = theirs + 500 - (before + after) / 2
    const detail = `${difference < 0 ? "-" : "+"}${Math.round(Math.abs(difference) / 1000)} s`
    return Math.abs(difference) > clockTolerance + (after - before) ? { detail, finding: "clock-off" } : { detail }
  })

/** Of a host with a Docker engine. */
export const sshStages = (host: SshHost, api: DockerApiShape): Effect.Effect<ReadonlyArray<Stage>> =>
  Effect.gen(function* () {
    const network = yield* networkStages(host)
    const broken = network.some(({ status }) => status === "failed")
    const login = broken ? [skipped("ssh"), skipped("auth")] : yield* handshake(host)
    if (broken || login.some(({ status }) => status === "failed"))
      return [...network, ...login, ...(["sudo", "engine", "api", "disk", "clock"] as const).map(skipped)]
    const rights = yield* stage("sudo", sudo(host))
    return [...network, ...login, rights, ...(yield* engineStages(api, (directory) => space(host, directory)))]
  })

/** Of a Docker engine, however it is reached; `space` where somebody can look at its disk. */
export const engineStages = (
  api: DockerApiShape,
  space?: (directory: string) => Effect.Effect<Found, WindFlowError>,
): Effect.Effect<ReadonlyArray<Stage>> =>
  Effect.gen(function* () {
    let directory = ""
    const engine = Effect.map(api.info, ({ ServerVersion, DockerRootDir }): Found => {
      directory = DockerRootDir
      return { detail: `Docker ${ServerVersion}` }
    })
    const tooOld = (error: WindFlowError) => error._tag === "EngineFailed" && error.call === "GET /_ping"
    const stages = yield* inOrder([
      // One that is too old did answer: that is the next stage's to say.
      ["engine", Effect.catchIf(engine, tooOld, () => Effect.succeed({ detail: "" }))],
      ["api", Effect.map(api.version, (detail) => ({ detail }))],
      ["disk", Effect.suspend(() => space?.(directory) ?? Effect.succeed({ detail: "" }))],
      ["clock", clockStage(api.now)],
    ])
    return space === undefined ? stages.map((one) => (one.stage === "disk" ? skipped("disk") : one)) : stages
  })

/** The first stage that failed, as the error to throw where a report is not wanted. */
export const failureOf = (stages: ReadonlyArray<Stage>): WindFlowError | undefined =>
  stages.find(({ status }) => status === "failed")?.error
