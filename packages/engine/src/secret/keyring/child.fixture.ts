/**
 * A process that writes to a keyring, for tests: `set DIRECTORY NAME VALUE`, `rewrap DIRECTORY`, `many DIRECTORY PREFIX COUNT`.
 * KILL_BEFORE=CALL:N kills it with SIGKILL just before its N-th call (from 1) of that file system function.
 */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { Effect, Redacted } from "effect"

const [call, count] = (process.env["KILL_BEFORE"] ?? "").split(":")
if (call === "rename" || call === "open" || call === "rm") {
  // Three functions of different parameters, all passed on as they come.
  const original = fs.promises[call] as (...argv: ReadonlyArray<unknown>) => unknown
  let left = Number(count)
  Reflect.set(fs.promises, call, (...argv: ReadonlyArray<unknown>) => {
    left -= 1
    if (left === 0) process.kill(process.pid, "SIGKILL")
    return original(...argv)
  })
  syncBuiltinESMExports()
}

// After the patch, so that the keyring binds to it.
const { openAt } = await import("./keyring.fixture.ts")
const [verb = "", directory = "", ...rest] = process.argv.slice(2)
const { keyring } = openAt(directory)
const set = (name: string, value: string) => keyring.set(name, Redacted.make(value))

switch (verb) {
  case "set":
    await Effect.runPromise(set(rest[0] ?? "", rest[1] ?? ""))
    break
  case "rewrap":
    await Effect.runPromise(keyring.rewrap())
    break
  case "many":
    for (let n = 0; n < Number(rest[1]); n++) await Effect.runPromise(set(`${rest[0]}-${n}`, `value ${n}`))
    break
  default:
    throw new Error(`no such verb: ${verb}`)
}
