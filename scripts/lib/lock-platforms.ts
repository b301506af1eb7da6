// Completes package-lock.json with the platform variants of native packages that a partial registry did not show npm.
// Without them `npm ci` refuses the lock file. Boundary: a pure function over the lock's JSON; `scripts/lock-platforms` does the file.

export interface LockEntry {
  readonly version?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly libc?: ReadonlyArray<string>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>
}

const systems: Readonly<Record<string, string>> = {
  aix: "aix",
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  openharmony: "openharmony",
  sunos: "sunos",
  win32: "win32",
  windows: "win32",
}
const processors: Readonly<Record<string, string>> = {
  "64": "x64",
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  loong64: "loong64",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  x64: "x64",
}

/** The platform that a native package's name spells (`binding-linux-arm64-musl`), or undefined when it spells none. */
export const platformOf = (name: string): Pick<LockEntry, "os" | "cpu" | "libc"> | undefined => {
  const words = name.split(/[/-]/)
  if (words.includes("wasm32")) return { cpu: ["wasm32"] }
  const at = words.findLastIndex((word) => word in systems)
  const os = systems[words[at] ?? ""]
  const cpu = processors[words[at + 1] ?? ""]
  if (os === undefined || cpu === undefined) return undefined
  const tail = words[at + 2] ?? ""
  const libc = tail.startsWith("musl") ? ["musl"] : os === "linux" && tail.startsWith("gnu") ? ["glibc"] : undefined
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc }) }
}

/** The lock with every missing platform variant added, sorted as npm sorts; the same object when nothing is missing. */
export const completePlatforms = <L extends Lock>(lock: L): L => {
  const added: Record<string, LockEntry> = {}
  // Outer packages first: they take the shared place, an inner copy of another version keeps its own beside itself.
  const outerFirst = Object.entries(lock.packages).sort(
    ([a], [b]) => a.split("node_modules/").length - b.split("node_modules/").length,
  )
  for (const [at, entry] of outerFirst) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = platformOf(name)
      // Only exact versions: a range would need the registry that did not answer.
      if (platform === undefined || !/^\d+\.\d+\.\d+[\w.-]*$/.test(range)) continue
      const shared = `node_modules/${name}`
      const places = [`${at}/${shared}`, `${at.slice(0, at.lastIndexOf("node_modules/"))}${shared}`, shared]
      if (places.some((key) => (lock.packages[key] ?? added[key])?.version === range)) continue
      const taken = (lock.packages[shared] ?? added[shared]) !== undefined
      added[taken ? `${at}/${shared}` : shared] = {
        version: range,
        ...platform,
        ...(entry.dev === true ? { dev: true } : {}),
        optional: true,
      }
    }
  }
  if (Object.keys(added).length === 0) return lock
  const entries = Object.entries({ ...lock.packages, ...added })
  return { ...lock, packages: Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, "en"))) }
}
