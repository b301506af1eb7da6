/** What `exec` and `run` share: the terminal that is handed over, and variables from the command line. */
import type { Host } from "./host.ts"

/** `NAME=VALUE`, or `NAME` for the value of the caller's environment. */
export const variables = (words: ReadonlyArray<string>, host: Host): Readonly<Record<string, string>> =>
  Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=")
      return at === -1 ? [word, host.env[word] ?? ""] : [word.slice(0, at), word.slice(at + 1)]
    }),
  )

const showCursor = "\u001b[?25h"

/** Raw mode for as long as the session lasts; given back on every way out, a crash included, with a cursor that can be seen. */
export const rawTerminal = (host: Host): (() => void) => {
  const restore = () => {
    host.stdin.setRawMode?.(false)
    host.stdout.write(showCursor)
  }
  host.stdin.setRawMode?.(true)
  process.once("exit", restore)
  return () => {
    process.removeListener("exit", restore)
    restore()
  }
}
