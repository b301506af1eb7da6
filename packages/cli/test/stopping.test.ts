/** Stopping where no operation is in flight: at a question, while reading logs, before a run. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { PassThrough } from "node:stream"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { onInterrupt } from "../src/interrupt.ts"
import { textsOf } from "../src/text/index.ts"
import { fakeTerminal } from "./fakeHost.ts"

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "windflow-stopping-"))
  await writeFile(
    path.join(cwd, "compose.yaml"),
    `name: shop\nservices:\n  db:\n    image: postgres:16\n    volumes: ["data:/data"]\nvolumes: { data: {} }\n`,
  )
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const questions = [
  ["secret set", "Value of db", ["secret", "set", "db"]],
  ["down -v", "Go on?", ["down", "-v"]],
] as const

describe("bug: a question that is stopped is a cancelled command, not a defect", () => {
  const answer = async (argv: ReadonlyArray<string>, question: string, act: "key" | "SIGINT" | "SIGTERM") => {
    const keyboard = new PassThrough()
    let acted = false
    let asking = false
    const { run, flow } = fakeTerminal(cwd, {
      env: { WINDFLOW_STATE_DIR: path.join(cwd, "state") },
      keyboard,
      onErr: (text, send) => {
        if (!asking || acted || !text.includes(question)) return
        acted = true
        if (act === "key") keyboard.write("\u0003")
        else send(act)
      },
    })
    await run("up")
    const calls = flow.calls.length
    asking = true
    const result = await run(...argv)
    expect(acted).toBe(true)
    expect(flow.calls).toHaveLength(calls)
    return result
  }

  it.each(questions)("%s", async (_name, question, argv) => {
    for (const [act, code] of [
      ["key", 130],
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const result = await answer(argv, question, act)
      expect(result.err).toContain("cancelled before any operation began")
      expect(result.err).not.toContain("defect")
      expect(result.err).not.toContain("Stopping:")
      expect(result.code).toBe(code)
    }
  })
})

it("bug: Ctrl-C while logs are followed says nothing and exits with 130", async () => {
  const { run, flow } = fakeTerminal(cwd, { onErr: (_text, send) => send("SIGINT") })
  Object.assign(flow, {
    logs: async function* (_ref: unknown, { signal }: { readonly signal: AbortSignal }) {
      // Told on standard error, where the test's Ctrl-C comes from.
      yield { dropped: 1 }
      if (!signal.aborted) throw new Error("the signal did not reach the logs")
    },
  })
  const { code, err } = await run("logs", "-f")
  expect(code).toBe(130)
  expect(err).toMatch(/^… 1 line left out.*\n$/)
})

describe("bug: a stop speaks of operations only when there may be some", () => {
  const stops = () => {
    const said: Array<string> = []
    const listeners = new Map<string, () => void>()
    const host = {
      pid: 4242,
      onSignal: (signal: "SIGINT" | "SIGTERM", listener: () => void) => {
        listeners.set(signal, listener)
        return () => listeners.delete(signal)
      },
    }
    const interrupt = onInterrupt(host, textsOf("en"), (text) => said.push(text))
    return { interrupt, said, send: () => listeners.get("SIGINT")?.() }
  }

  it("says nothing outside a run, and how to force it when asked again", () => {
    const { interrupt, said, send } = stops()
    send()
    expect(said).toEqual([])
    expect(interrupt.signal.aborted).toBe(true)
    send()
    expect(said.join()).toContain("kill -9 4242")
  })

  it("says what it waits for during a run, and nothing after it", () => {
    const during = stops()
    during.interrupt.running(true)
    during.send()
    expect(during.said).toEqual(["Stopping: operations in flight end first."])
    const after = stops()
    after.interrupt.running(true)
    after.interrupt.running(false)
    after.send()
    expect(after.said).toEqual([])
  })
})
