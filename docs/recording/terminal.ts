/** Runs commands on a terminal of their own and keeps what they print, with times. The terminal is that of util-linux' `script`. */
import { spawn } from "node:child_process"
import type { Chunk } from "./Cast.ts"

export interface Terminal {
  readonly columns: number
  readonly rows: number
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

const prompt = "\u001B[1;32m$\u001B[0m "

/** A session that grows by one command after another. */
export class Session {
  readonly #terminal: Terminal
  readonly #start = performance.now()
  readonly chunks: Array<Chunk> = []

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  #say(text: string): void {
    this.chunks.push({ at: (performance.now() - this.#start) / 1000, text })
  }

  /** What a person would see when they type it. */
  type(text: string): void {
    this.#say(`${prompt}${text}\r\n`)
  }

  /**
   * Runs a command to its end; `watch` sees all it has printed so far and may kill it. The process group of the command is its
   * own, so that killing it leaves the terminal alone.
   */
  async run(
    argv: ReadonlyArray<string>,
    watch: (output: string, kill: () => void) => void = () => {},
  ): Promise<string> {
    const { columns, rows, directory, environment } = this.#terminal
    const command = `stty cols ${columns} rows ${rows}; echo "pid:$$"; exec ${argv.map(quoted).join(" ")}`
    const child = spawn("script", ["-q", "-e", "-f", "-c", `exec sh -c ${quoted(command)}`, "/dev/null"], {
      cwd: directory,
      env: { ...environment, COLUMNS: String(columns), LINES: String(rows), TERM: "xterm-256color" },
      stdio: ["ignore", "pipe", "pipe"],
    })
    let output = ""
    let pid: number | undefined
    const onText = (text: string) => {
      output += text
      if (pid === undefined) {
        // The first line tells whom to kill, and is not part of the session.
        const found = /^pid:(\d+)\r?\n/.exec(output)
        if (found === null) return
        pid = Number(found[1])
        output = output.slice(found[0].length)
        if (output !== "") this.#say(output)
      } else this.#say(text)
      watch(output, () => process.kill(pid!, "SIGKILL"))
    }
    child.stdout.setEncoding("utf8").on("data", onText)
    child.stderr.setEncoding("utf8").on("data", onText)
    await new Promise<void>((resolve, reject) => {
      child.on("error", reject)
      child.on("close", () => resolve())
    })
    return output
  }
}
