/** Runs one thing and says how long it took and how much CPU time it and its children used. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"

export interface Sample {
  readonly seconds: number
  /** CPU time of this side (not of the engine); undefined where the system does not tell. */
  readonly cpuSeconds: number | undefined
}

/** CPU time of the children that have ended, in seconds: /proc counts in ticks of 10 ms. */
const childrenCpu = (): number | undefined => {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return (Number(fields[13]) + Number(fields[14])) / 100
  } catch {
    return undefined
  }
}

const ownCpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Of work in this process. */
export const measureHere = async (work: () => Promise<unknown>): Promise<Sample> => {
  const cpu = ownCpu()
  const start = performance.now()
  await work()
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: ownCpu() - cpu }
}

export interface Invocation {
  readonly argv: readonly [string, ...string[]]
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `discarded`: standard output goes to nowhere, as far as the process knows a pipe that takes everything. */
  readonly output?: "discarded"
}

/** Runs a process to its end; rejects when it does not end with 0. */
export const run = ({ argv: [command, ...rest], directory, environment, output: kept }: Invocation): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, rest, { cwd: directory, env: { ...process.env, ...environment }, stdio: "pipe" })
    child.stdin.end()
    const output: Array<Buffer> = []
    if (kept === "discarded") child.stdout.resume()
    else child.stdout.on("data", (chunk: Buffer) => output.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk))
    child.on("error", reject)
    child.on("close", (code) => {
      const text = Buffer.concat(output).toString()
      if (code === 0) resolve(text)
      else reject(new Error(`${command} ${rest.join(" ")} ended with ${code}:\n${text}`))
    })
  })

/** Of a process, from its start to its end. One at a time, else the CPU times mix. */
export const measureProcess = async (invocation: Invocation): Promise<Sample> => {
  const cpu = childrenCpu()
  const start = performance.now()
  await run(invocation)
  const seconds = (performance.now() - start) / 1000
  const after = childrenCpu()
  return { seconds, cpuSeconds: cpu === undefined || after === undefined ? undefined : after - cpu }
}
