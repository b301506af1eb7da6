/** Global options: the same before the verb and after it, except for a letter that the verb owns. */
import { type Command, Option } from "commander"
import type { Texts } from "./text/index.ts"
import { duration } from "./values.ts"

export interface GlobalFlags {
  readonly target?: string
  /** All targets of a group, or with a label (`name=value`). */
  readonly group?: string
  readonly env?: string
  readonly file?: ReadonlyArray<string>
  readonly projectName?: string
  readonly projectDirectory?: string
  readonly profile?: ReadonlyArray<string>
  readonly envFile?: ReadonlyArray<string>
  readonly context?: string
  readonly yes?: boolean
  /** A private key, and files of known hosts, for `ssh://` targets. */
  readonly identity?: string
  readonly knownHosts?: ReadonlyArray<string>
  readonly format?: "text" | "json"
  /** Seconds. */
  readonly deadline?: number
  readonly color?: boolean
  readonly time?: "utc" | "local"
}

/** For options that may be repeated. */
export const collect = (value: string, earlier: ReadonlyArray<string> | undefined): ReadonlyArray<string> => [
  ...(earlier ?? []),
  value,
]

interface Spec {
  readonly short?: string
  readonly long: string
  readonly value?: string
  readonly text: keyof Texts["help"]["flags"]
  readonly adjust?: (option: Option) => Option
}

const specs: ReadonlyArray<Spec> = [
  { short: "-t", long: "--target", value: "<where>", text: "target" },
  { short: "-g", long: "--group", value: "<name>", text: "group" },
  { short: "-e", long: "--env", value: "<name>", text: "environment" },
  { short: "-f", long: "--file", value: "<file>", text: "file", adjust: (o) => o.argParser(collect) },
  { short: "-p", long: "--project-name", value: "<name>", text: "project" },
  { long: "--project-directory", value: "<directory>", text: "projectDirectory" },
  { long: "--profile", value: "<name>", text: "profile", adjust: (o) => o.argParser(collect) },
  { long: "--env-file", value: "<file>", text: "envFile", adjust: (o) => o.argParser(collect) },
  { long: "--context", value: "<name>", text: "context" },
  { short: "-y", long: "--yes", text: "yes" },
  { long: "--identity", value: "<file>", text: "identity" },
  { long: "--known-hosts", value: "<file>", text: "knownHosts", adjust: (o) => o.argParser(collect) },
  { long: "--format", value: "<format>", text: "format", adjust: (o) => o.choices(["text", "json"]) },
  { long: "--deadline", value: "<time>", text: "deadline", adjust: (o) => o.argParser(duration) },
  { long: "--no-color", text: "noColor", adjust: (o) => o.default(undefined) },
  { long: "--time", value: "<zone>", text: "time", adjust: (o) => o.choices(["utc", "local"]) },
]

/** Adds the global options; `owned` are letters and names that mean something else in this verb. */
export const addGlobals = (command: Command, texts: Texts, owned: ReadonlyArray<string> = []): Command => {
  for (const spec of specs) {
    if (owned.includes(spec.long)) continue
    const names = spec.short === undefined || owned.includes(spec.short) ? [spec.long] : [spec.short, spec.long]
    const flags = [names.join(", "), ...(spec.value === undefined ? [] : [spec.value])].join(" ")
    const option = new Option(flags, texts.help.flags[spec.text]).helpGroup(texts.help.headings.globalOptions)
    command.addOption(spec.adjust?.(option) ?? option)
  }
  return command
}

const lists = ["file", "profile", "envFile", "knownHosts"] as const

/** What stood before the verb and after it: the later wins, lists are joined. */
export const mergeGlobals = (before: GlobalFlags, after: GlobalFlags): GlobalFlags => {
  const given = Object.fromEntries(Object.entries(after).filter(([, value]) => value !== undefined))
  const joined = Object.fromEntries(
    lists.flatMap((name) => {
      const all = [...(before[name] ?? []), ...(after[name] ?? [])]
      return all.length === 0 ? [] : [[name, all]]
    }),
  )
  return { ...before, ...given, ...joined }
}
