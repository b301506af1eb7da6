/**
 * A host over ssh2: one connection, made when it is first needed and again after it broke, shared by everything that goes to this
 * target. Streams to the engine are forwarded sockets; a host that forbids those is served by `docker system dial-stdio`.
 */
import { Cause, Effect, Exit, type Scope } from "effect"
import type { Client, ClientChannel } from "ssh2"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { SshEndpoint } from "../endpoint.ts"
import { ChannelSocket, type RawChannel } from "./ChannelSocket.ts"
import { type Connected, connectRoute } from "./connect.ts"
import { shellText } from "./quote.ts"
import type { SshSettings } from "./settings.ts"
import { makeSlots, type Slots } from "./slots.ts"
import type { RunOptions, RunResult, SshHost } from "./SshHost.ts"
import { hostUnreachable } from "./sshErrors.ts"
import { answered, dialStdio, noWay, pingRequest } from "./stdio.ts"

/** Of the ten sessions that a stock sshd grants, some are left to other uses of the connection. */
const sessions = 8

type Way = "forward" | "stdio"

/** A connection and what was learned about it. */
interface Link extends Connected {
  readonly slots: Slots
  way: Promise<Way> | undefined
  dead: boolean
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

const session = (client: Client, argv: ReadonlyArray<string>): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.exec(shellText(argv), (error, channel) => (error === undefined ? resolve(channel) : reject(error)))
  })

/** The first bytes of a stream; the rest is read and dropped, so that the writer is never held up. */
const collector = (stream: NodeJS.ReadableStream, keep: number): (() => Buffer) => {
  const chunks: Array<Buffer> = []
  let size = 0
  stream.on("data", (chunk: Buffer) => {
    if (size < keep) chunks.push(chunk.subarray(0, keep - size))
    size += chunk.length
  })
  return () => Buffer.concat(chunks)
}

const ran = (channel: ClientChannel, { input, keep = 1 << 20 }: RunOptions): Effect.Effect<RunResult> =>
  Effect.callback((resume) => {
    const stdout = collector(channel, keep)
    const stderr = collector(channel.stderr, keep)
    let exitCode: number | undefined
    channel.once("exit", (code: number | null) => (exitCode = code ?? undefined))
    channel.once("close", () => resume(Effect.succeed({ exitCode, stdout: stdout(), stderr: stderr() })))
    channel.end(input)
    return Effect.sync(() => channel.destroy())
  })

/** Nothing is opened yet; the connection closes with the scope. */
export const openSsh = (endpoint: SshEndpoint, settings: SshSettings): Effect.Effect<SshHost, never, Scope.Scope> =>
  Effect.gen(function* () {
    const closing = new AbortController()
    let current: Promise<Link> | undefined
    let connections = 0

    const connectOnce = async (): Promise<Link> => {
      const connected = await settled(connectRoute(endpoint, settings), closing.signal)
      connections++
      const link: Link = { ...connected, slots: makeSlots(sessions), way: undefined, dead: false }
      connected.client.once("close", () => {
        link.dead = true
        link.slots.dissolve()
      })
      return link
    }

    /** The connection; those who ask while it is being made wait for the same one. */
    const linked = (): Promise<Link> => {
      if (current !== undefined) return current
      const made = connectOnce()
      const forget = () => {
        if (current === made) current = undefined
      }
      current = made
      made.then(({ client }) => client.once("close", forget), forget)
      return made
    }

    /** A session when one is free; `give` when it is over. */
    const inSession = async (link: Link, argv: ReadonlyArray<string>): Promise<ClientChannel> => {
      await link.slots.take()
      try {
        const channel = await session(link.client, argv)
        channel.once("close", link.slots.give)
        return channel
      } catch (error) {
        link.slots.give()
        throw hostUnreachable(
          endpoint,
          "other",
          `it grants no session: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
    }

    const runIn = (link: Link, argv: ReadonlyArray<string>, options: RunOptions) =>
      Effect.flatMap(
        Effect.tryPromise({
          try: () => inSession(link, argv),
          // `inSession` rejects with nothing else.
          catch: (error) => error as WindFlowError,
        }),
        (channel) => ran(channel, options),
      )

    /**
     * sshd answers "open failed" both when it forbids forwarding and when nobody listens on the socket. Asked once a connection:
     * the Docker command on the host tells the two apart, and serves in the first case.
     */
    const chooseWay = async (link: Link): Promise<Way> => {
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

    const wayOf = (link: Link): Promise<Way> => {
      if (link.way === undefined) {
        const way = chooseWay(link)
        link.way = way
        // What failed may be repaired while the connection lives on.
        way.catch(() => (link.way = undefined))
      }
      return link.way
    }

    const channelIn = async (link: Link): Promise<RawChannel> => {
      if ((await wayOf(link)) === "stdio") {
        const channel = await inSession(link, dialStdio(endpoint.socket))
        channel.stderr.resume()
        return channel
      }
      try {
        return await forwarded(link.client, endpoint.socket)
      } catch (error) {
        // It worked before: the connection is gone, or the engine is, and about that the host says more.
        if (link.dead) throw error
        link.way = undefined
        await wayOf(link)
        return forwarded(link.client, endpoint.socket)
      }
    }

    const dial = () => {
      let link: Link | undefined
      const open = async (): Promise<RawChannel> => {
        link = await linked()
        try {
          return await channelIn(link)
        } catch (error) {
          if (!link.dead) throw error
          // It broke since it was last used; nothing was sent on this stream yet.
          link = await linked()
          return channelIn(link)
        }
      }
      // The end of the connection ends its channels in good order: without this a cut would look like the end of the output.
      const reason = () => (link?.dead === true ? hostUnreachable(endpoint, "closed") : undefined)
      return new ChannelSocket({ open, reason })
    }

    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        closing.abort()
        const link = await current?.catch(() => undefined)
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
      try: linked,
      // `connectRoute` fails with nothing else; a defect would have ended it otherwise.
      catch: (error) => error as WindFlowError,
    })

    return {
      dial,
      connect: Effect.map(connected, ({ credential, hostKey }) => ({ credential, hostKey })),
      run: (argv, options = {}) => Effect.flatMap(connected, (link) => runIn(link, argv, options)),
      connections: () => connections,
    }
  })
