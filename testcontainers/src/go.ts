// Go programs that fixtures need, built once and kept in the cache under their content.
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { chmod, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import type { Unavailable } from "./availability.ts"
import { cacheFolder, contentKey } from "./cache.ts"
import { say } from "./docker.ts"
import { withLock } from "./lock.ts"
import { have, run } from "./process.ts"

/** A binary, or why there is none. */
export type Built = { readonly binary: string } | Unavailable

export interface GoProgram {
  readonly name: string
  /** Folder with go.mod and go.sum. */
  readonly folder: string
  /** The package to build; the folder's own by default. */
  readonly package?: string
  readonly ldflags?: string
  /** What building costs when nothing is cached, for the person who waits. */
  readonly cost: string
}

const goCommand = async (): Promise<string | undefined> => {
  for (const go of ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"]) if (await have(go)) return go
  return undefined
}

/** Builds the program unless the cache has it; says why when this machine cannot. */
export const buildGo = async (program: GoProgram): Promise<Built> => {
  const flags = `-s -w ${program.ldflags ?? ""}`.trim()
  const key = contentKey(program.folder, program.package ?? ".", flags, process.platform, process.arch)
  const binary = join(cacheFolder("go"), `${program.name}-${key}`)
  if (existsSync(binary)) return { binary }
  const go = await goCommand()
  if (go === undefined) return { unavailable: `no Go here to build ${program.name} with` }
  return withLock(`go-${program.name}-${key}`, async () => {
    if (existsSync(binary)) return { binary }
    say(`building ${program.name} (${program.cost}, once; it is kept in the cache)`)
    const part = `${binary}.part`
    // CGO off and paths trimmed: the binary runs in an empty image and does not depend on where it was built.
    const env = {
      ...process.env,
      CGO_ENABLED: "0",
      GOFLAGS: "-buildvcs=false",
      HOME: process.env["HOME"] ?? cacheFolder(),
    }
    try {
      await run(go, ["build", "-trimpath", "-ldflags", flags, "-o", part, program.package ?? "."], {
        cwd: program.folder,
        env,
      })
    } catch (error) {
      await rm(part, { force: true })
      return { unavailable: (error as Error).message } // `run` throws nothing else
    }
    await chmod(part, 0o755)
    await rename(part, binary)
    return { binary }
  })
}

/** A short name for a binary's bytes. */
export const binaryKey = (file: string): string =>
  createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12)
