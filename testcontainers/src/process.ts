// Other programs, run to their end by an argument list.
import { execFile, type ExecFileOptions } from "node:child_process"

/** Runs a command and gives what it printed; rejects with its last lines. */
export const run = (command: string, args: ReadonlyArray<string>, options: ExecFileOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(command, [...args], { ...options, encoding: "utf8", maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-8).join("\n")
      return reject(new Error(`${command} ${args.join(" ")} failed: ${said || error.message}`))
    })
  })

/** Whether a command is on PATH. */
export const have = (command: string): Promise<boolean> =>
  run("sh", ["-c", 'command -v "$0"', command]).then(
    () => true,
    () => false,
  )
