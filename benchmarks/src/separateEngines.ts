/** Starts the simulated engines in another process and gives orders to it. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { addressOf, type EngineOrder, type Latency } from "./engineOrders.ts"

export interface SeparateEngines extends AsyncDisposable {
  /** The URL of one of them. */
  readonly url: (n: number) => string
  /** From now on this one takes calls and never answers. */
  readonly stall: (n: number) => Promise<void>
  /** Forgets what was deployed; how many calls there were since the last time. */
  readonly reset: () => Promise<number>
}

interface Answer {
  readonly port: number
  readonly calls: number
}

export const startSeparateEngines = async (latency: Latency): Promise<SeparateEngines> => {
  const child = fork(
    join(import.meta.dirname, "enginesProcess.ts"),
    ["--read", `${latency.read}`, "--write", `${latency.write}`],
    // Profiles that were asked for are the deployer's.
    { execArgv: [] },
  )
  const ended = once(child, "exit")
  const answer = async (): Promise<Answer> => {
    const first: unknown = await Promise.race([
      once(child, "message").then(([message]: ReadonlyArray<unknown>) => message),
      ended.then(() => Promise.reject(new Error("the simulated engines have ended"))),
    ])
    // What `enginesProcess.ts` sends, and nothing else does.
    return first as Answer
  }
  const order = (what: EngineOrder): Promise<Answer> => {
    const answered = answer()
    child.send(what)
    return answered
  }
  const { port } = await answer()
  return {
    url: (n) => `tcp://${addressOf(n)}:${port}`,
    stall: async (target) => void (await order({ _tag: "Stall", target })),
    reset: async () => (await order({ _tag: "Reset" })).calls,
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await ended
    },
  }
}
