// Which licences of dependencies are allowed. Pure: scripts/check-licences reads the lock file and the packages.
import satisfies from "spdx-satisfies"

/** Licences that let WindFlow be used, changed and sold by anyone. Data licences are here for packages that carry tables. */
export const allowedLicences: ReadonlyArray<string> = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC-BY-3.0",
  "CC-BY-4.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]

/** The licence expression of a package.json, in its present or one of its former forms. */
export const licenceOf = (manifest: {
  readonly license?: unknown
  readonly licenses?: unknown
}): string | undefined => {
  const name = (value: unknown): string | undefined => {
    if (typeof value === "string") return value
    if (typeof value !== "object" || value === null || !("type" in value)) return undefined
    return typeof value.type === "string" ? value.type : undefined
  }
  const one = name(manifest.license)
  if (one !== undefined || !Array.isArray(manifest.licenses)) return one
  const several = manifest.licenses.map(name).filter((licence) => licence !== undefined)
  return several.length === 0 ? undefined : `(${several.join(" OR ")})`
}

/** Why a licence may not be used, or undefined when it may. */
export const objection = (licence: string | undefined): string | undefined => {
  if (licence === undefined) return "names no licence"
  try {
    return satisfies(licence, [...allowedLicences]) ? undefined : `${licence} is not in the list of allowed licences`
  } catch {
    return `"${licence}" is not an SPDX expression`
  }
}
