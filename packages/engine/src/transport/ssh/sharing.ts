/** What both clients of SSH share: one connection for everybody, which way leads to the engine on it, and streams that dial over it. */
import type { Dial } from "../EngineHttp.ts"
import { ChannelSocket, type RawChannel } from "./ChannelSocket.ts"
import type { HostAddress } from "./knownHosts.ts"
import { hostUnreachable } from "./sshErrors.ts"

/** Streams to the engine are forwarded sockets, or programs where the host forbids those. */
export type Way = "forward" | "stdio"

export interface Link {
  way: Promise<Way> | undefined
  /** The connection is gone. */
  dead: boolean
  /** Resolves when it is known whether it is, where the end of a stream may be heard before the end of the connection. */
  readonly settled?: () => Promise<unknown>
  /** Streams at once, as far as that is known. */
  limit?: number
}

/** Streams that HTTP may keep open where each costs a session: the rest of a connection's sessions is for programs and execs. */
const stdioStreams = 5

export interface Shared<L extends Link> {
  /** The connection; those who ask while it is being made wait for the same one, and after it broke a new one is made. */
  readonly linked: () => Promise<L>
  /** The one there is, made or being made. */
  readonly current: () => Promise<L> | undefined
}

export const shareLink = <L extends Link>(
  make: () => Promise<L>,
  onEnd: (link: L, ended: () => void) => void,
): Shared<L> => {
  let current: Promise<L> | undefined
  const linked = () => {
    if (current !== undefined) return current
    const made = make()
    const forget = () => {
      if (current === made) current = undefined
    }
    current = made
    made.then((link) => onEnd(link, forget), forget)
    return made
  }
  return { linked, current: () => current }
}

/** Found out once a connection; what failed may be repaired while it lives on, so a failure is not kept. */
export const wayOf = (link: Link, choose: () => Promise<Way>): Promise<Way> => {
  if (link.way === undefined) {
    const way = choose()
    link.way = way
    way.then(
      (found) => (link.limit = found === "stdio" ? stdioStreams : Number.POSITIVE_INFINITY),
      () => (link.way = undefined),
    )
  }
  return link.way
}

export const dialOver = <L extends Link>(
  address: HostAddress,
  shared: Shared<L>,
  channelIn: (link: L) => Promise<RawChannel>,
): Dial => {
  let last: L | undefined
  const dial = () => {
    let link: L | undefined
    const open = async (): Promise<RawChannel> => {
      link = await shared.linked()
      last = link
      try {
        return await channelIn(link)
      } catch (error) {
        if (!link.dead) throw error
        // It broke since it was last used; nothing was sent on this stream yet.
        link = await shared.linked()
        last = link
        return channelIn(link)
      }
    }
    // The end of the connection ends its channels in good order: without this a cut would look like the end of the output.
    const reason = async () => {
      await link?.settled?.()
      return link?.dead === true ? hostUnreachable(address, "closed") : undefined
    }
    return new ChannelSocket({ open, reason })
  }
  return Object.assign(dial, { limit: () => last?.limit ?? Number.POSITIVE_INFINITY })
}

/** The first bytes of a stream; the rest is read and dropped, so that the writer is never held up. */
export const collector = (stream: NodeJS.ReadableStream, keep = 1 << 20): (() => Buffer) => {
  const chunks: Array<Buffer> = []
  let size = 0
  stream.on("data", (chunk: Buffer) => {
    if (size < keep) chunks.push(chunk.subarray(0, keep - size))
    size += chunk.length
  })
  return () => Buffer.concat(chunks)
}
