/**
 * A host over ssh2: one connection, made when it is first needed and again after it broke, shared by everything that goes to this
 * target. Streams to the engine are forwarded sockets; a host that forbids those is served by `docker system dial-stdio`.
 */
import { Cause, Effect, Exit, type Scope } from "effect"
import type { Client, ClientChannel } from "ssh2"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { SshEndpoint } from "../endpoint.ts"
import type { RawChannel } from "./ChannelSocket.ts"
import { type Connected, connectRoute } from "./connect.ts"
import { shellText } from "./quote.ts"
import type { SshSettings } from "./settings.ts"
import { collector, dialOver, type Link, shareLink, type Way, wayOf } from "./sharing.ts"
import { makeSlots, type Slots } from "./slots.ts"
import type { RunOptions, RunResult, SshHost } from "./SshHost.ts"
import { hostUnreachable, sessionsBusy } from "./sshErrors.ts"
import { answered, dialStdio, noWay, pingRequest } from "./stdio.ts"

/** Of the ten sessions that a stock sshd grants, some are left to other uses of the connection. */
const sessions = 8

/** A connection and what was learned about it. */
interface Ssh2Link extends Connected, Link {
  readonly slots: Slots
}

const settled = async <A>(effect: Effect.Effect<A, WindFlowError>, signal: AbortSignal): Promise<A> => {
  const exit = await Effect.runPromiseExit(effect, { signal })
  if (Exit.isSuccess(exit)) return exit.value
  throw Cause.squash(exit.cause)
}

const forwarded = (client: Client, socket: string): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.openssh_forwardOutStreamLocal(socket, (error, channel) =>
      error === undefined ? resolve(channel) : reject(error),
    )
  })

interface Session {
  readonly channel: ClientChannel
  readonly exitCode: () => number | undefined
}

const session = (client: Client, argv: ReadonlyArray<string>): Promise<Session> =>
  new Promise((resolve, reject) => {
    client.exec(shellText(argv), (error, channel) => {
      if (error !== undefined) return reject(error)
      let exitCode: number | undefined
      // Here and not later: the code may come with the same packet as the answer.
      channel.once("exit", (code: number | null) => (exitCode = code ?? undefined))
      return resolve({ channel, exitCode: () => exitCode })
    })
  })

const ran = ({ channel, exitCode }: Session, { input, keep }: RunOptions): Effect.Effect<RunResult> =>
  Effect.callback((resume) => {
    const stdout = collector(channel, keep)
    const stderr = collector(channel.stderr, keep)
    channel.once("close", () => resume(Effect.succeed({ exitCode: exitCode(), stdout: stdout(), stderr: stderr() })))
    channel.end(input)
    return Effect.sync(() => channel.destroy())
  })

/** Nothing is opened yet; the connection closes with the scope. */
export const openSsh = (endpoint: SshEndpoint, settings: SshSettings): Effect.Effect<SshHost, never, Scope.Scope> =>
  Effect.gen(function* () {
    const closing = new AbortController()
    let connections = 0

    const connectOnce = async (): Promise<Ssh2Link> => {
      const connected = await settled(connectRoute(endpoint, settings), closing.signal)
      connections++
      const link: Ssh2Link = {
        ...connected,
        slots: makeSlots(sessions, () => sessionsBusy(endpoint)),
        way: undefined,
        dead: false,
      }
      connected.client.once("close", () => {
        link.dead = true
        link.slots.dissolve()
      })
      return link
    }

    const shared = shareLink(connectOnce, ({ client }, ended) => void client.once("close", ended))

    /** A session when one is free; `give` when it is over. */
    const inSession = async (link: Ssh2Link, argv: ReadonlyArray<string>): Promise<Session> => {
      await link.slots.take()
      try {
        const opened = await session(link.client, argv)
        opened.channel.once("close", link.slots.give)
        return opened
      } catch (error) {
        link.slots.give()
        throw hostUnreachable(
          endpoint,
          "other",
          `it grants no session: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
    }

    const runIn = (link: Ssh2Link, argv: ReadonlyArray<string>, options: RunOptions) =>
      Effect.flatMap(
        Effect.tryPromise({
          try: () => inSession(link, argv),
          // `inSession` rejects with nothing else.
          catch: (error) => error as WindFlowError,
        }),
        (opened) => ran(opened, options),
      )

    /**
     * sshd answers "open failed" both when it forbids forwarding and when nobody listens on the socket. Asked once a connection:
     * the Docker command on the host tells the two apart, and serves in the first case.
     */
    const chooseWay = async (link: Ssh2Link): Promise<Way> => {
      try {
        const channel = await forwarded(link.client, endpoint.socket)
        channel.destroy()
        channel.resume()
        return "forward"
      } catch {
        const input = pingRequest
        const result = await settled(runIn(link, dialStdio(endpoint.socket), { input }), closing.signal)
        if (answered(result)) return "stdio"
        throw noWay(endpoint.url, result)
      }
    }

    const channelIn = async (link: Ssh2Link): Promise<RawChannel> => {
      if ((await wayOf(link, () => chooseWay(link))) === "stdio") {
        const { channel } = await inSession(link, dialStdio(endpoint.socket))
        channel.stderr.resume()
        return channel
      }
      try {
        return await forwarded(link.client, endpoint.socket)
      } catch (error) {
        // It worked before: the connection is gone, or the engine is, and about that the host says more.
        if (link.dead) throw error
        link.way = undefined
        await wayOf(link, () => chooseWay(link))
        return forwarded(link.client, endpoint.socket)
      }
    }

    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        closing.abort()
        const link = await shared.current()?.catch(() => undefined)
        if (link === undefined) return
        await new Promise<void>((resolve) => {
          const late = setTimeout(() => {
            link.client.destroy()
            resolve()
          }, 1000)
          link.client.once("close", () => {
            clearTimeout(late)
            resolve()
          })
          link.client.end()
        })
      }),
    )

    const connected = Effect.tryPromise({
      try: shared.linked,
      // `connectRoute` fails with nothing else; a defect would have ended it otherwise.
      catch: (error) => error as WindFlowError,
    })

    return {
      dial: dialOver(endpoint, shared, channelIn),
      connect: Effect.map(connected, ({ credential, hostKey }) => ({ credential, hostKey })),
      run: (argv, options = {}) => Effect.flatMap(connected, (link) => runIn(link, argv, options)),
      first: Effect.succeed(endpoint.jump[0] ?? endpoint),
      connections: () => connections,
    }
  })
