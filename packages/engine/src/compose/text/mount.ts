/** The short syntax of a service's volume: `[SOURCE:]TARGET[:MODE]`. */

export class MountProblem extends Error {}

export interface ParsedMount {
  readonly type: "bind" | "volume"
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly noCopy: boolean
  readonly propagation: string | undefined
  readonly selinux: string | undefined
  /** `bind` or `volume` options stand in the long form even when they are empty. */
  readonly bare: boolean
}

const PROPAGATIONS = new Set(["rprivate", "private", "rshared", "shared", "rslave", "slave"])
const SPECIAL = /[{}]|(?:^|:)\p{L}:/u
const LETTER = /^\p{L}$/u

/** Sections between colons; `C:` begins a Windows path and a colon inside `${…}` separates nothing. */
const sections = (spec: string): string[] => {
  // The usual case at once: no braces, and no section that is a single letter.
  if (!SPECIAL.test(spec)) return spec.split(":")
  const found: string[] = []
  let section = ""
  let braces = 0
  const chars = Array.from(spec)
  chars.forEach((char, i) => {
    if (char === "$" && chars[i + 1] === "{") braces++
    else if (char === "}" && braces > 0) braces--
    if (char === ":" && braces === 0 && !LETTER.test(section)) {
      found.push(section)
      section = ""
    } else section += char
  })
  found.push(section)
  return found
}

export const parseMount = (spec: string): ParsedMount => {
  const none = { readOnly: false, noCopy: false, propagation: undefined, selinux: undefined }
  if (spec === "") throw new MountProblem("it is empty")
  if (spec.length <= 2) return { ...none, type: "volume", source: "", target: spec, bare: true }
  const parts = sections(spec)
  if (parts.some((part) => part === "")) throw new MountProblem("a section between colons is empty")
  if (parts.length > 3) throw new MountProblem("it has too many colons")
  const [first = "", second, mode] = parts
  const source = second === undefined ? "" : first
  let { readOnly, noCopy } = none
  let propagation: string | undefined
  let selinux: string | undefined
  for (const option of mode?.split(",") ?? []) {
    if (option === "ro") readOnly = true
    else if (option === "rw") readOnly = false
    else if (option === "nocopy") noCopy = true
    else if (PROPAGATIONS.has(option)) propagation = option
    else if (option === "z" || option === "Z") selinux = option
  }
  return {
    type: isFilePath(source) ? "bind" : "volume",
    source,
    target: second ?? first,
    readOnly,
    noCopy,
    propagation,
    selinux,
    bare: false,
  }
}

const isFilePath = (source: string): boolean =>
  /^[./~]/.test(source) || source.startsWith("\\\\") || (source.length > 1 && /^\p{L}:/u.test(source))
