/** A keyring in a directory of its own for a test, and child processes that use it. */
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Redacted } from "effect"
import { type KeyringShape, openKeyring } from "./Keyring.ts"

export interface Place {
  readonly directory: string
  readonly path: string
  readonly keyFile: string
  readonly keyring: KeyringShape
}

export const openAt = (directory: string): Place => {
  const path = join(directory, "keyring.json")
  const keyFile = join(directory, "keyring.key")
  return { directory, path, keyFile, keyring: openKeyring({ path, key: { _tag: "KeyFile", path: keyFile } }) }
}

/** A fresh place, removed with the scope. */
export const freshPlace = Effect.acquireRelease(
  Effect.promise(async () => openAt(await mkdtemp(join(tmpdir(), "windflow-keyring-")))),
  ({ directory }) => Effect.promise(() => rm(directory, { recursive: true, force: true })),
)

export const secretText = (keyring: KeyringShape, name: string) => Effect.map(keyring.reveal(name), Redacted.value)

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

const childFile = fileURLToPath(new URL("child.fixture.ts", import.meta.url))

/** Runs `child.fixture.ts` in a process of its own. */
export const runChild = (argv: ReadonlyArray<string>, killBefore = ""): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=@windflow/source", childFile, ...argv], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, KILL_BEFORE: killBefore },
    })
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()))
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code, signal, output }))
  })
