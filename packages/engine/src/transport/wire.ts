/**
 * A GET whose answer is read as it comes off the wire, over HTTP/1.0. Docker makes an HTTP chunk of every log line, and Node an event
 * of every chunk: two thirds of what reading a log costs. A version 1.0 answer has no chunks and ends with its connection, so an
 * end does not tell that it is complete: whoever reads asks the engine once more (`DockerApi.ts`).
 */
import type { Duplex } from "node:stream"
import { Effect, type Scope } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Dial } from "./EngineHttp.ts"
import { unreachable } from "./engineErrors.ts"

export interface WireAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** The body; paused until somebody reads. */
  readonly body: Duplex
}

const separator = Buffer.from("\r\n\r\n")
/** Go's own limit for what stands before a body is 1 MiB; Docker sends a few hundred bytes. */
const longestHead = 65_536

const parsed = (head: string): Pick<WireAnswer, "status" | "headers"> | undefined => {
  const [first = "", ...lines] = head.split("\r\n")
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]
  if (status === undefined) return undefined
  const headers = lines.flatMap((line) => {
    const colon = line.indexOf(":")
    return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const]
  })
  return { status: Number(status), headers: new Map(headers) }
}

const answerOf = (endpoint: string, socket: Duplex): Effect.Effect<WireAnswer, WindFlowError> =>
  Effect.callback<WireAnswer, WindFlowError>((resume) => {
    let seen = Buffer.alloc(0)
    const settle = (result: Effect.Effect<WireAnswer, WindFlowError>) => {
      socket.off("readable", look).off("error", fail).off("end", ended)
      resume(result)
    }
    const fail = (error: Error) => settle(Effect.fail(unreachable(endpoint, error)))
    const ended = () => fail(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" }))
    const look = () => {
      for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) {
        seen = Buffer.concat([seen, chunk])
        const end = seen.indexOf(separator)
        if (end < 0 && seen.length < longestHead) continue
        const answer = end < 0 ? undefined : parsed(seen.toString("latin1", 0, end))
        if (answer === undefined) return fail(new Error("this is no HTTP answer"))
        const rest = seen.subarray(end + separator.length)
        if (rest.length > 0) socket.unshift(rest)
        return settle(Effect.succeed({ ...answer, body: socket }))
      }
    }
    socket.on("readable", look).on("error", fail).on("end", ended)
  })

/** Closes its connection with the scope. */
export const wire = (
  endpoint: string,
  dial: Dial,
  path: string,
): Effect.Effect<WireAnswer, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const opened = dial()
        // An error reaches whoever reads; without a listener Node would end the process.
        opened.on("error", () => undefined)
        opened.write(`GET ${path} HTTP/1.0\r\nHost: docker\r\n\r\n`)
        return opened
      }),
      (socket) => Effect.sync(() => socket.destroy()),
    )
    return yield* answerOf(endpoint, socket)
  })
