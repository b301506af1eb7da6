/**
 * The subjects of the difference suite: a stack each, and an edit of it, deployed once by Docker Compose 5.5.0 and once by us.
 * Data in `stacks/*.yaml`; no part of the product.
 */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { Schema } from "effect"
import { parse } from "yaml"

const Str = Schema.String
const Strings = Schema.Array(Str)
const Texts = Schema.Record(Str, Str)
const opt = Schema.optionalKey

/** Flags of an `up`, with Compose's meaning. */
const Flags = Schema.Struct({
  services: opt(Strings),
  noDeps: opt(Schema.Boolean),
  forceRecreate: opt(Schema.Boolean),
  removeOrphans: opt(Schema.Boolean),
  build: opt(Schema.Boolean),
  scale: opt(Schema.Record(Str, Schema.Int)),
})
export type Flags = typeof Flags.Type

const SubjectData = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(/^[a-z0-9-]{2,24}$/)),
  /** The `compose.yaml`. `${BUSYBOX}` is a small image, `${COMPOSE_PROJECT_NAME}` the project of the run. */
  compose: Str,
  /** The edit: texts of the file that are replaced; each stands in it exactly once. */
  edit: opt(Schema.Array(Schema.Tuple([Str, Str]))),
  /** Further files of the folder, and those that the edit writes. See `agentSocket`. */
  files: opt(Texts),
  editedFiles: opt(Texts),
  /** The deployer's environment, and that of the edit. */
  env: opt(Texts),
  editedEnv: opt(Texts),
  profiles: opt(Strings),
  envFiles: opt(Strings),
  /** Flags of both `up`s, and those of the one that follows the edit. */
  flags: opt(Flags),
  editedFlags: opt(Flags),
  /** The project's name comes from the file itself. */
  namedByFile: opt(Schema.Boolean),
  /** What is there before, made by hand. */
  given: opt(Schema.Struct({ networks: opt(Strings), volumes: opt(Strings), containers: opt(Strings) })),
  /** Services whose containers end; a look waits for it. */
  ends: opt(Strings),
  /** The engine refuses it, whatever it does here: both must fail with a text that matches, and leave the same behind. */
  fails: opt(Str),
  /** The engine can do it from this version of its API on; before, our driver refuses it. */
  since: opt(Str),
  /** service → shell command whose output in its first container must be equal too. */
  probe: opt(Texts),
  /** Is in the crash sweep, and the other tool's `ps`, `logs` and `down` are tried on it. */
  core: opt(Schema.Boolean),
})
/** One stack and its edit. */
export type Subject = typeof SubjectData.Type & { readonly section: string }

/** Before the edit, and after it. */
export type Step = "first" | "edited"
export const steps: ReadonlyArray<Step> = ["first", "edited"]

const folder = join(import.meta.dirname, "stacks")
const decode = Schema.decodeUnknownSync(Schema.Array(SubjectData), { onExcessProperty: "error" })

/** Every subject, section by section. */
export const subjects: ReadonlyArray<Subject> = readdirSync(folder)
  .toSorted()
  .flatMap((file) => {
    const section = basename(file, ".yaml")
    return decode(parse(readFileSync(join(folder, file), "utf8"))).map((subject) => ({ ...subject, section }))
  })

const replacedOnce = (subject: string, text: string, from: string, to: string): string => {
  const parts = text.split(from)
  if (parts.length !== 2)
    throw new Error(`${subject}: the edit replaces ${JSON.stringify(from)}, which is there ${parts.length - 1} times`)
  return parts.join(to)
}

/** The folder's files at a step. */
export const filesOf = (subject: Subject, step: Step): Readonly<Record<string, string>> => {
  const first = { ...subject.files, "compose.yaml": subject.compose }
  if (step === "first") return first
  const text = (subject.edit ?? []).reduce(
    (before, [from, to]) => replacedOnce(subject.name, before, from, to),
    subject.compose,
  )
  return { ...first, ...subject.editedFiles, "compose.yaml": text }
}

/** A file of this text is the socket of an SSH agent that holds no key. */
export const agentSocket = "<the socket of an SSH agent>"

/** The deployer's variables at a step. */
export const envOf = (subject: Subject, step: Step): Readonly<Record<string, string>> => ({
  ...subject.env,
  ...(step === "edited" ? subject.editedEnv : {}),
})

/** The flags of the `up` of a step. */
export const flagsOf = (subject: Subject, step: Step): Flags => ({
  ...subject.flags,
  ...(step === "edited" ? subject.editedFlags : {}),
})

/** Whether images are built for it. */
export const builds = (subject: Subject): boolean => /\bbuild:/.test(subject.compose)
