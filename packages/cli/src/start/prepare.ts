/**
 * Makes the snapshot from which `bin/windflow` starts: `prepare.js <start file> <launcher>`. The start file says for which launcher,
 * bundle, Node and boot of the machine `<start file>.blob` is good; the launcher reads it line by line. A file without a blob says
 * that no snapshot can be made here.
 */
import { spawnSync } from "node:child_process"
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"

/** A build takes about a second; an older mark is of one that was killed. */
const patienceMillis = 60_000

const root = join(import.meta.dirname, "..", "..")
const bundle = join(root, "dist", "snapshot", "windflow.script")

/** As the launcher asks: where `node` is, and what tells these two files from what may replace them. */
const identify = (): { readonly node: string; readonly identity: string } => {
  const node = spawnSync("sh", ["-c", "command -v node"], { encoding: "utf8" }).stdout.trim()
  const env = { ...process.env, TZ: "UTC0", LC_ALL: "C" }
  const { stdout } = spawnSync("ls", ["-lLinc", node, bundle], { encoding: "utf8", env })
  return { node, identity: stdout.trimEnd() }
}

/** A version manager's `node` stands for one Node here and for another elsewhere: then no snapshot fits. */
const isThisNode = (node: string): boolean => {
  try {
    return realpathSync(node) === realpathSync(process.execPath)
  } catch {
    return false
  }
}

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

const bootId = (): string => readIfThere("/proc/sys/kernel/random/boot_id").trim()

/** Whether we are the only one at it. */
const claim = (mark: string): boolean => {
  try {
    if (Date.now() - statSync(mark).mtimeMs < patienceMillis) return false
    rmSync(mark, { force: true })
  } catch {
    // There is none.
  }
  try {
    writeFileSync(mark, "", { flag: "wx", mode: 0o600 })
    return true
  } catch {
    return false
  }
}

/** Builds, and tries once what was built: a blob that does not start would be worse than none. */
const build = (blob: string): boolean => {
  const draft = `${blob}.${process.pid}`
  const rehearsal = mkdtempSync(`${blob}.`)
  // Nothing of this environment may get into the snapshot.
  const env = { WINDFLOW_IMPORT: join(root, "bin", "import.cjs"), WINDFLOW_REHEARSAL: rehearsal }
  const node = (...words: ReadonlyArray<string>) => spawnSync(process.execPath, words, { env, stdio: "ignore" })
  try {
    if (node("--snapshot-blob", draft, "--build-snapshot", bundle).status !== 0) return false
    if (node("--snapshot-blob", draft, "--", "help").status !== 0) return false
    renameSync(draft, blob)
    return true
  } catch {
    return false
  } finally {
    rmSync(draft, { force: true })
    rmSync(rehearsal, { recursive: true, force: true })
  }
}

const prepare = (start: string, launcher: string): void => {
  const directory = dirname(start)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // What lies here is run: never in a folder of somebody else, where `sudo` with a user's HOME leads.
  if (lstatSync(directory).uid !== process.geteuid?.()) return
  const mark = `${start}.making`
  if (!claim(mark)) return
  try {
    const { node, identity } = identify()
    const text = [launcher, bundle, bootId(), identity, ""].join("\n")
    // Somebody was faster; what fits may be starting a command right now.
    if (readIfThere(start) === text) return
    rmSync(start, { force: true })
    if (!isThisNode(node) || !build(`${start}.blob`)) rmSync(`${start}.blob`, { force: true })
    const draft = `${start}.${process.pid}`
    writeFileSync(draft, text, { mode: 0o600 })
    renameSync(draft, start)
  } finally {
    rmSync(mark, { force: true })
  }
}

const [start, launcher] = process.argv.slice(2)
if (start !== undefined && launcher !== undefined) prepare(start, launcher)
