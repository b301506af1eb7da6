/**
 * Checks what would be published: packs engine, SDK and command, installs them in a foreign project, type-checks a user's file
 * against them with both module resolutions, runs publint and arethetypeswrong, and prints sizes and dependency counts.
 * Needs the build (`npm run build`) and a package registry.
 */
import { execFile } from "node:child_process"
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"

const exec = promisify(execFile)
const root = join(import.meta.dirname, "..")
const binary = (name: string): string => join(root, "node_modules", ".bin", name)

export interface Packed {
  readonly name: string
  readonly file: string
  readonly bytes: number
  readonly unpackedBytes: number
  readonly files: ReadonlyArray<string>
}

interface Failure {
  readonly stdout?: string
  readonly stderr?: string
}

/** Runs a program; what it printed is the error when it fails. */
const run = async (program: string, argv: ReadonlyArray<string>, directory: string): Promise<string> => {
  try {
    return (await exec(program, argv, { cwd: directory, maxBuffer: 64 * 1024 * 1024 })).stdout
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as Failure // what execFile rejects with
    throw new Error(`${program} ${argv.join(" ")}\n${stdout}${stderr}`, { cause })
  }
}

interface PackReport {
  readonly name: string
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** `npm pack` of a workspace; npm's report is trusted for its own file. */
const pack = async (workspace: string, into: string): Promise<Packed> => {
  const text = await run(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", into],
    join(root, workspace),
  )
  const report: unknown = JSON.parse(text)
  // npm 11 prints an array, newer ones an object by name.
  const [entry] = (Array.isArray(report) ? report : Object.values(report as object)) as ReadonlyArray<PackReport>
  if (entry === undefined) throw new Error(`npm pack said nothing about ${workspace}`)
  return {
    name: entry.name,
    file: join(into, entry.filename),
    bytes: entry.size,
    unpackedBytes: entry.unpackedSize,
    files: entry.files.map(({ path }) => path),
  }
}

/** What a user writes first; it must type-check against the packed packages alone. */
const consumer = `import { defineStack, isError, secret, WindFlow } from "@windflow/sdk"
import type { Stack } from "@windflow/sdk"

const shop: Stack = defineStack("shop", {
  services: {
    web: { image: "shop/web:1.4", ports: ["80:8080"], depends_on: ["db"] },
    db: { image: "postgres:16", environment: { POSTGRES_PASSWORD: secret("db") }, volumes: ["data:/var/lib/postgresql/data"] },
  },
  volumes: { data: {} },
})
defineStack("bad", {
  services: {
    web: {
      image: "a",
      // @ts-expect-error no such service
      depends_on: ["dbb"],
    },
  },
})
export const deploy = async (signal: AbortSignal): Promise<string> => {
  await using windflow = await WindFlow.open({ config: false })
  try {
    const revision = await windflow.up(shop, { signal, onEvent: (event) => void event.seq })
    return revision.status
  } catch (error) {
    if (isError(error, "Locked")) {
      // @ts-expect-error a text: declarations that lost their types would give any
      const wrong: number = error.owner
      return error.owner
    }
    throw error
  }
}
`

const configuration = (moduleResolution: "nodenext" | "bundler") => ({
  compilerOptions: {
    target: "es2024",
    lib: ["es2024", "dom", "dom.iterable", "esnext.disposable"],
    module: moduleResolution === "nodenext" ? "nodenext" : "esnext",
    moduleResolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ["node"],
    // The declarations of our packages, and those they lead to, are checked too.
    skipLibCheck: false,
  },
  files: ["consumer.ts"],
})

/** Packages in a node_modules tree, and their bytes. */
const measureTree = (directory: string): { readonly packages: number; readonly bytes: number } => {
  const lock: unknown = JSON.parse(readFileSync(join(directory, "package-lock.json"), "utf8"))
  const { packages } = lock as { readonly packages: Readonly<Record<string, { readonly optional?: boolean }>> } // npm's own file
  const installed = Object.keys(packages).filter((path) => path !== "" && isThere(join(directory, path)))
  const bytes = readdirSync(join(directory, "node_modules"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
  return { packages: installed.length, bytes }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`

/** The bundle a browser or an edge worker would load for the remote face. */
export const clientLimit = 120 * 1024

const bundleClient = async (directory: string): Promise<number> => {
  const entry = join(directory, "client-entry.js")
  writeFileSync(entry, `export * from "@windflow/sdk/client"\n`)
  const output = join(directory, "client-bundle.js")
  await run(
    binary("rolldown"),
    [entry, "--file", output, "--minify", "--platform", "browser", "--format", "esm"],
    directory,
  )
  return gzipSync(readFileSync(output), { level: 9 }).length
}

const hasClient = (): boolean => {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "packages/sdk/package.json"), "utf8"))
  const { exports } = manifest as { readonly exports: Readonly<Record<string, unknown>> } // our own file
  return "./client" in exports
}

/** Checks all of it and says what it found; rejects with what a check printed. */
export const checkPackages = async (say: (line: string) => void): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-packages-"))
  try {
    const packed: Array<Packed> = []
    for (const name of ["engine", "sdk", "cli"]) packed.push(await pack(`packages/${name}`, directory))
    for (const { name, bytes, unpackedBytes, files, file } of packed) {
      const strays = files.filter((path) => /\.(test|fixture)\.|tsbuildinfo/.test(path))
      if (strays.length > 0) throw new Error(`${name} would publish ${strays.slice(0, 5).join(", ")}`)
      await run(binary("publint"), ["run", file, "--strict"], root)
      if (!name.endsWith("/cli")) await run(binary("attw"), [file, "--profile", "esm-only", "--format", "ascii"], root)
      say(
        `${name}: ${kilobytes(bytes)} packed, ${kilobytes(unpackedBytes)} unpacked, ${files.length} files; publint and arethetypeswrong pass`,
      )
    }

    const foreign = join(directory, "foreign")
    mkdirSync(foreign)
    const dependencies = Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`]))
    // As our own package.json has it: ssh2's native parts are not built, and any other install script would be found here.
    const allowScripts = { "cpu-features": false, ssh2: false }
    writeFileSync(
      join(foreign, "package.json"),
      JSON.stringify({ name: "foreign", private: true, type: "module", dependencies, allowScripts }),
    )
    await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], foreign)
    const tree = measureTree(foreign)
    say(`installed in a foreign project: ${tree.packages} packages, ${(tree.bytes / 1048576).toFixed(1)} MB`)

    // The compiler and Node's types are the user's own; ours stand in for them.
    symlinkSync(join(root, "node_modules", "@types"), join(foreign, "node_modules", "@types"))
    writeFileSync(join(foreign, "consumer.ts"), consumer)
    for (const resolution of ["nodenext", "bundler"] as const) {
      writeFileSync(join(foreign, `tsconfig.${resolution}.json`), JSON.stringify(configuration(resolution)))
      for (const compiler of ["tsc", "tsc6"])
        await run(binary(compiler), ["-p", `tsconfig.${resolution}.json`], foreign)
      say(`types check with TypeScript 7 and 6, module resolution ${resolution}`)
    }
    const version = await run(join(foreign, "node_modules", ".bin", "windflow"), ["--version"], foreign)
    say(`the installed command answers: ${version.trim()}`)

    if (hasClient()) {
      const bytes = await bundleClient(foreign)
      say(`remote client: ${kilobytes(bytes)} compressed`)
      if (bytes > clientLimit) throw new Error(`the remote client is ${bytes} bytes compressed, above ${clientLimit}`)
    } else say("remote client: there is none yet")
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) await checkPackages(console.log)
