/**
 * A host over the system's `ssh`: one process holds the connection and forwards the engine's socket into a directory of this user
 * alone; programs run over the same connection. The user's configuration, ProxyCommand, security keys and certificates count.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { connect as connectSocket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Duplex, type Readable } from "node:stream"
import { setTimeout as pause } from "node:timers/promises"
import { Effect, type Scope } from "effect"
import { DependencyMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { SshAccess } from "../../model/Target.ts"
import type { SshEndpoint } from "../endpoint.ts"
import type { RawChannel } from "./ChannelSocket.ts"
import { parseKnownHosts, keyLine } from "./knownHosts.ts"
import { shellText } from "./quote.ts"
import { collector, dialOver, type Link, shareLink, type Way, wayOf } from "./sharing.ts"
import { makeSlots } from "./slots.ts"
import type { ConnectionFacts, RunOptions, RunResult, SshHost } from "./SshHost.ts"
import { hostUnreachable, sessionsBusy } from "./sshErrors.ts"
import { answered, dialStdio, noWay, pingRequest } from "./stdio.ts"
import {
  configurationQuestion,
  forwardedSocket,
  keyQuestion,
  master,
  overMaster,
  pinnedFile,
  pinnedName,
  type SystemChoices,
  type SystemFiles,
} from "./systemArguments.ts"
import { systemFailure, usedMethod } from "./systemErrors.ts"

const sessions = 8
/** Milliseconds between the last byte of a dying `ssh` and the news of its end. */
const goodbye = 100

interface Master extends Link {
  readonly process: ChildProcessByStdio<null, null, Readable>
  readonly files: SystemFiles
  readonly facts: ConnectionFacts
  readonly ended: Promise<void>
}

/** Ctrl-C reaches every process of the terminal, and a run ends in good order only while its connection lives. */
const unstoppable = ["-c", 'trap "" INT; exec "$0" "$@"'] as const

const start = (args: ReadonlyArray<string>) =>
  process.platform === "win32"
    ? spawn("ssh", [...args], { stdio: ["ignore", "ignore", "pipe"] })
    : spawn("sh", [...unstoppable, "ssh", ...args], { stdio: ["ignore", "ignore", "pipe"] })

const noSsh = () => new DependencyMissing({ package: "ssh", install: "apt-get install openssh-client" })

/** Runs `ssh` to its end. */
const ssh = (args: ReadonlyArray<string>, { input, keep }: RunOptions = {}): Effect.Effect<RunResult, WindFlowError> =>
  Effect.callback((resume) => {
    const child = spawn("ssh", [...args], { stdio: ["pipe", "pipe", "pipe"] })
    const [stdout, stderr] = [collector(child.stdout, keep), collector(child.stderr, keep)]
    // It may end before it has read everything.
    child.stdin.on("error", () => {})
    child.stdin.end(input)
    child.once("error", () => resume(Effect.fail(noSsh())))
    child.once("close", (code) =>
      resume(Effect.succeed({ exitCode: code ?? undefined, stdout: stdout(), stderr: stderr() })),
    )
    return Effect.sync(() => child.kill())
  })

/** Nothing is started yet; everything ends with the scope. */
export const openSystemSsh = (
  endpoint: SshEndpoint,
  access: SshAccess,
  choices: SystemChoices,
): Effect.Effect<SshHost, never, Scope.Scope> =>
  Effect.gen(function* () {
    const slots = makeSlots(sessions, () => sessionsBusy(endpoint))
    const user = endpoint.user ?? ""
    let closed = false
    let connections = 0

    const filesOf = async (): Promise<SystemFiles> => {
      // mkdtemp makes it 0700. A socket's path may have 107 bytes: below the runtime directory, else the temporary one.
      const base = process.env["XDG_RUNTIME_DIR"]
      const parent = base !== undefined && base.length < 60 && existsSync(base) ? base : tmpdir()
      const files = { directory: await mkdtemp(join(parent, "windflow-ssh-")) }
      if (access.hostKey !== undefined)
        await writeFile(pinnedFile(files), `${pinnedName} ${access.hostKey}\n`, { mode: 0o600 })
      return files
    }

    /** The key of a host that nobody knows: asked for again without a credential, so that a person can compare and pin it. */
    const offeredKey = async (files: SystemFiles): Promise<string | undefined> => {
      await Effect.runPromise(Effect.ignore(ssh(keyQuestion(endpoint, access, files, choices))))
      const text = await readFile(`${files.directory}/offered`, "utf8").catch(() => "")
      const last = parseKnownHosts(text).at(-1)
      return last === undefined ? undefined : keyLine(last.key)
    }

    const startMaster = async (): Promise<Master> => {
      const files = await filesOf()
      const child = start(master(endpoint, access, files, choices))
      let said = ""
      let gone = false
      const ended = new Promise<void>((resolve) => {
        child.once("error", () => resolve())
        child.once("close", () => resolve())
      })
      void ended.then(() => (gone = true))
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        // The beginning tells of keys and logins; a long life adds nothing that is wanted.
        if (said.length < 1 << 18) said += text
      })
      const discard = async () => {
        child.kill()
        await ended
        await rm(files.directory, { recursive: true, force: true })
      }
      while (!existsSync(forwardedSocket(files))) {
        if (gone || closed) {
          const unknown = /host key verification failed|strict checking/i.test(said)
          const offered = unknown && !closed ? await offeredKey(files) : undefined
          await discard()
          throw child.pid === undefined ? noSsh() : systemFailure(endpoint, user, said, offered)
        }
        await pause(10)
      }
      connections++
      const one: Master = {
        process: child,
        files,
        facts: { credential: usedMethod(said) ?? "ssh" },
        ended,
        way: undefined,
        dead: false,
        // The process closes its sockets some time before we hear that it is gone.
        settled: () => Promise.race([ended, pause(goodbye)]),
      }
      const clearUp = async () => {
        await ended
        one.dead = true
        await rm(files.directory, { recursive: true, force: true })
      }
      void clearUp()
      return one
    }

    const shared = shareLink(startMaster, (one, ended) => void one.ended.then(ended))

    const runIn = (one: Master, argv: ReadonlyArray<string>, options: RunOptions = {}) =>
      Effect.acquireUseRelease(
        // `take` rejects with what it was given.
        Effect.tryPromise({ try: slots.take, catch: (error) => error as WindFlowError }),
        () => ssh(overMaster(endpoint, one.files, shellText(argv)), options),
        () => Effect.sync(slots.give),
      )

    /** A forwarded socket takes every connection and closes it at once where nobody listens behind it: so it is asked. */
    const forwardAnswers = (one: Master): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connectSocket(forwardedSocket(one.files))
        socket.once("data", () => socket.destroy())
        socket.once("error", () => socket.destroy())
        socket.once("close", () => resolve(socket.bytesRead > 0))
        socket.end(pingRequest)
      })

    const chooseWay = async (one: Master): Promise<Way> => {
      if (await forwardAnswers(one)) return "forward"
      const result = await Effect.runPromise(runIn(one, dialStdio(endpoint.socket), { input: pingRequest }))
      if (answered(result)) return "stdio"
      throw one.dead ? hostUnreachable(endpoint, "closed") : noWay(endpoint.url, result)
    }

    const stdioChannel = async (one: Master): Promise<RawChannel> => {
      await slots.take()
      const args = overMaster(endpoint, one.files, shellText(dialStdio(endpoint.socket)))
      const child = spawn("ssh", [...args], { stdio: ["pipe", "pipe", "ignore"] })
      child.once("close", slots.give)
      child.once("error", () => child.stdout.destroy())
      const both = Duplex.from({ readable: child.stdout, writable: child.stdin })
      both.on("error", () => {})
      both.once("close", () => child.kill())
      return both
    }

    const channel = async (one: Master): Promise<RawChannel> => {
      if ((await wayOf(one, () => chooseWay(one))) === "stdio") return stdioChannel(one)
      const socket = connectSocket({ path: forwardedSocket(one.files), allowHalfOpen: true })
      await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject))
      socket.on("error", () => {})
      return socket
    }

    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        closed = true
        const one = await shared.current()?.catch(() => undefined)
        if (one === undefined) return
        one.process.kill()
        const late = setTimeout(() => one.process.kill("SIGKILL"), 1000)
        await one.ended
        clearTimeout(late)
        await rm(one.files.directory, { recursive: true, force: true })
      }),
    )

    const connected = Effect.tryPromise({
      try: shared.linked,
      // `startMaster` rejects with nothing else.
      catch: (error) => error as WindFlowError,
    })

    return {
      dial: dialOver(endpoint, shared, channel),
      connect: Effect.map(connected, ({ facts }) => facts),
      run: (argv, options) => Effect.flatMap(connected, (one) => runIn(one, argv, options)),
      connections: () => connections,
      first: Effect.map(ssh(configurationQuestion(endpoint)), ({ stdout }) => {
        const text = stdout.toString("utf8")
        const value = (name: string) => new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]
        const carried = [value("proxycommand"), value("proxyjump")].some((one) => one !== undefined && one !== "none")
        const host = value("hostname")
        return carried || host === undefined ? undefined : { host, port: Number(value("port") ?? endpoint.port) }
      }),
    }
  })
