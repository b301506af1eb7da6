/**
 * A byte stream over a channel that is still to be opened, with the manners of a socket. ssh2's own channel does not follow
 * Node's rules for `destroy` and `close`, and HTTP agents call methods of sockets that it lacks (`setKeepAlive`).
 */
import { Duplex } from "node:stream"

/** What is used of an ssh2 channel. */
export interface RawChannel {
  readonly on: (event: "data", listener: (chunk: Buffer) => void) => unknown
  readonly once: (event: "end" | "close" | "drain", listener: () => void) => unknown
  readonly write: (chunk: Buffer) => boolean
  readonly end: () => unknown
  readonly destroy: () => unknown
  readonly pause: () => unknown
  readonly resume: () => unknown
}

export interface ChannelSource {
  /** Gives a channel, or the error with which the stream fails. */
  readonly open: () => Promise<RawChannel>
  /** Why a channel that ended early did so, when somebody knows. */
  readonly reason?: () => Error | undefined | Promise<Error | undefined>
}

const reset = () => Object.assign(new Error("the channel was closed"), { code: "ECONNRESET" })

export class ChannelSocket extends Duplex {
  readonly #source: ChannelSource
  #channel: RawChannel | undefined
  #ending: Promise<void> | undefined
  #gone = false
  #waiting: ((error?: Error) => void) | undefined

  constructor(source: ChannelSource) {
    super({ allowHalfOpen: true })
    this.#source = source
  }

  override _construct(done: (error?: Error) => void): void {
    const opened = async () => {
      try {
        this.#attach(await this.#source.open())
      } catch (error) {
        return done(error instanceof Error ? error : new Error(String(error)))
      }
      return done()
    }
    void opened()
  }

  #attach(channel: RawChannel): void {
    this.#channel = channel
    channel.on("data", (chunk) => {
      // Not reading on lets the window of this channel run full: the sender waits, other channels do not.
      if (!this.destroyed && !this.push(chunk)) channel.pause()
    })
    channel.once("end", () => void this.#onEnd())
    channel.once("close", () => void this.#onClose())
    channel.pause()
  }

  #onEnd(): Promise<void> {
    return (this.#ending ??= (async () => {
      const reason = await this.#source.reason?.()
      if (reason !== undefined) this.destroy(reason)
      else if (!this.destroyed) {
        this.push(null)
        // Who keeps this idle does not read: the end is to be noticed all the same.
        this.read(0)
      }
    })())
  }

  async #onClose(): Promise<void> {
    this.#gone = true
    const ended = this.#ending !== undefined
    await this.#ending
    const reason = (await this.#source.reason?.()) ?? reset()
    this.#waiting?.(reason)
    if (!ended) this.destroy(reason)
    // Not destroyed: what came before the end may still be unread.
    else if (!this.writableEnded) this.end()
  }

  override _read(): void {
    this.#channel?.resume()
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    if (this.#gone) return done(reset())
    if (this.#channel?.write(chunk) !== false) return done()
    const once = (error?: Error) => {
      if (this.#waiting === undefined) return
      this.#waiting = undefined
      done(error)
    }
    this.#waiting = once
    this.#channel.once("drain", () => once())
  }

  override _final(done: () => void): void {
    if (!this.#gone) this.#channel?.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = undefined
    this.#channel?.destroy()
    // Unread data would keep ssh2 from noticing the end.
    this.#channel?.resume()
    done(error)
  }

  // An HTTP agent treats what it is given as a socket of its own; the connection below has keep-alive and timeouts by itself.
  setKeepAlive(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setTimeout(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
}
