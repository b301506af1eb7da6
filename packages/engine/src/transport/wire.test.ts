// Answers read off the wire: heads and bodies cut anywhere, and connections that end too early.
import { Duplex } from "node:stream"
import { Effect } from "effect"
import { expect, test } from "vitest"
import { readText } from "./EngineHttp.ts"
import { wire } from "./wire.ts"

const answer =
  "HTTP/1.0 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\nX-Odd: a: b\r\n\r\nthe\r\n\r\nbody"

/** Says these pieces and hangs up. */
const saying = (pieces: ReadonlyArray<string>) => {
  const asked: Array<string> = []
  const dial = () => {
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        asked.push(chunk.toString())
        done()
        void (async () => {
          for (const piece of pieces) {
            socket.push(Buffer.from(piece))
            // Each piece is read by itself.
            await new Promise(setImmediate)
          }
          socket.push(null)
        })()
      },
    })
    return socket
  }
  return { dial, asked }
}

const read = (pieces: ReadonlyArray<string>) => {
  const { dial, asked } = saying(pieces)
  return Effect.gen(function* () {
    const { status, headers, body } = yield* wire("unix:///x", dial, "/v1.44/logs?tail=1")
    const text = yield* Effect.promise(() => readText(body))
    return { status, headers: Object.fromEntries(headers), text, asked }
  }).pipe(Effect.scoped)
}

test("a head is found wherever the answer is cut, and nothing of the body is lost", async () => {
  for (let at = 1; at < answer.length; at++) {
    const { asked, ...found } = await Effect.runPromise(read([answer.slice(0, at), answer.slice(at)]))
    expect(asked).toEqual(["GET /v1.44/logs?tail=1 HTTP/1.0\r\nHost: docker\r\n\r\n"])
    expect(found).toEqual({
      status: 200,
      headers: { "content-type": "application/vnd.docker.raw-stream", "x-odd": "a: b" },
      text: "the\r\n\r\nbody",
    })
  }
})

test("no answer, half a head and something else are an engine that cannot be reached", async () => {
  for (const pieces of [[], ["HTTP/1.0 200 OK\r\nContent"], ["SSH-2.0-OpenSSH\r\n\r\n"], ["x".repeat(70_000)]])
    expect(await Effect.runPromise(Effect.flip(read(pieces)))).toMatchObject({ _tag: "EngineUnreachable" })
})
