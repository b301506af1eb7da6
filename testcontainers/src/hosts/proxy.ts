// A TCP proxy that a test holds in its hand: counts connections, cuts them, slows them down, refuses new ones.
import { createServer, connect, type AddressInfo, type Socket } from "node:net"
import { type Duplex, Transform } from "node:stream"
import { setTimeout as pause } from "node:timers/promises"

export interface Proxy {
  readonly address: string
  readonly port: number
  /** Connections accepted since the start. */
  readonly accepted: () => number
  readonly open: () => number
  /** Bytes that came back from the server. */
  readonly received: () => number
  /** Resets every connection. */
  readonly cut: () => void
  /** Takes bytes and passes none on, as a cable that was pulled; connections stay open. */
  readonly freeze: (on: boolean) => void
  /** New connections are reset at once. */
  readonly refuse: (on: boolean) => void
  readonly stop: () => Promise<void>
}

export interface ProxyOptions {
  /** Bytes a second in each direction; default: no limit. */
  readonly rate?: number
}

/** Passes chunks on at a rate: each waits as long as it would take. */
const limited = (rate: number | undefined, seen: (bytes: number) => void, frozen: () => Promise<void>): Duplex =>
  new Transform({
    highWaterMark: 16 << 10,
    transform(chunk: Buffer, _, done) {
      seen(chunk.length)
      const pass = async () => {
        if (rate !== undefined) await pause((chunk.length / rate) * 1000)
        await frozen()
        done(null, chunk)
      }
      void pass()
    },
  })

export const startProxy = async (
  to: { readonly address: string; readonly port: number },
  { rate }: ProxyOptions = {},
): Promise<Proxy> => {
  const pairs = new Set<readonly [Socket, Socket]>()
  let accepted = 0
  let received = 0
  let refusing = false
  let thaw: (() => void) | undefined
  let ice = Promise.resolve()

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (refusing) return void near.resetAndDestroy()
    accepted++
    const far = connect({ host: to.address, port: to.port, allowHalfOpen: true })
    const pair = [near, far] as const
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of pair) socket.on("error", end).on("close", end)
    near
      .pipe(
        limited(
          rate,
          () => {},
          () => ice,
        ),
      )
      .pipe(far)
    far
      .pipe(
        limited(
          rate,
          (bytes) => (received += bytes),
          () => ice,
        ),
      )
      .pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const cut = () => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
  }
  return {
    address: "127.0.0.1",
    // A server that listens on TCP has such an address.
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    open: () => pairs.size,
    received: () => received,
    cut,
    freeze: (on) => {
      thaw?.()
      thaw = undefined
      if (on) ice = new Promise((resolve) => (thaw = resolve))
    },
    refuse: (on) => (refusing = on),
    stop: async () => {
      thaw?.()
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
