/** Compose files → `Stack`: the whole way, with every finding told at once. */
import { Effect, type Redacted } from "effect"
import { ComposeInvalid, FileUnreadable } from "../model/errors/union.ts"
import type { Stack } from "../model/Stack.ts"
import type { Service, StackModel } from "../model/StackModel.ts"
import type { LoadCapability, LoadOptions } from "./Capability.ts"
import { Findings } from "./Findings.ts"
import { type FoundFiles, findFiles, makeLoading } from "./find.ts"
import { fromData } from "./tree/data.ts"
import { decode } from "./resolve/decode.ts"
import { readProject, readTree } from "./resolve/files.ts"
import type { ComposeText } from "./resolve/Group.ts"
import { type Loading, read } from "./resolve/Loading.ts"
import { findNode, locate } from "./resolve/locate.ts"
import { normalize } from "./resolve/normalize.ts"
import { projectName } from "./resolve/projectName.ts"
import { checkRelations } from "./resolve/relations.ts"
import { byProfiles, closure, impliedProfiles, keepServices, matchServices, withoutUnused } from "./resolve/select.ts"
import { resolveServiceFiles, resolveWatchLinks } from "./resolve/serviceFiles.ts"
import { project } from "./shape/model.ts"
import { nearest } from "./text/nearest.ts"
import { compareText } from "./text/order.ts"
import { absolute } from "./text/path.ts"
import { type Mapping, scalarAt } from "./tree/Node.ts"

export const load = (
  options: LoadOptions,
  capability: LoadCapability,
): Effect.Effect<Stack, ComposeInvalid | FileUnreadable> =>
  Effect.gen(function* () {
    const loading = makeLoading(options, capability, new Findings())
    const joined = yield* join(options, loading)
    return yield* settle(options, loading.findings, yield* resolve({ options, loading, ...joined }))
  })

/** The files of a command as one tree, paths absolute; nothing is resolved beyond them. */
export const join = Effect.fnUntraced(function* (options: LoadOptions, loading: Loading) {
  const found = yield* findFiles(options, loading)
  const texts = yield* readMain(loading, found)
  const variables = new Map(found.variables)
  const name = projectName(options, loading, texts, found.projectDirectory, variables)
  variables.set("COMPOSE_PROJECT_NAME", name)
  const tree = yield* readProject(loading, texts, found.projectDirectory, variables)
  if (tree.entries.size === 0 && !loading.findings.failed)
    loading.findings.error("empty", { file: texts[0]?.path ?? "-", line: 1, column: 1 }, [], {
      message: "the Compose file is empty",
      expected: "services",
      remedy: "Add a service.",
    })
  return { found, variables, name, tree }
})

/** Tells the warnings; fails with every error there is. */
export const settle = <A>(options: LoadOptions, findings: Findings, value: A): Effect.Effect<A, ComposeInvalid> => {
  findings.warnings.forEach((warning) => options.onWarning?.(warning))
  const [first, ...rest] = findings.errors
  return first === undefined
    ? Effect.succeed(value)
    : Effect.fail(new ComposeInvalid({ diagnostics: [first, ...rest] }))
}

export interface ObjectOptions {
  readonly name: string
  /** What relative paths are seen from; absolute. */
  readonly workingDirectory: string
  readonly profiles?: ReadonlyArray<string>
}

const nothingToRead: LoadCapability = {
  env: {},
  readFile: () => Effect.succeed(undefined),
  allowRemote: false,
  allowProvider: true,
}

/**
 * A stack from plain data in the syntax of a Compose file: the same checks and the same normalisation, no places. Dollars mean
 * themselves. Without a capability nothing is read and the effect is synchronous.
 */
export const fromObject = (
  input: unknown,
  { name, workingDirectory, profiles = [] }: ObjectOptions,
  capability: LoadCapability = nothingToRead,
): Effect.Effect<Stack, ComposeInvalid> =>
  Effect.gen(function* () {
    const options: LoadOptions = { workingDirectory, projectName: name, profiles }
    const loading = makeLoading(options, capability, new Findings(), { interpolate: false })
    const { findings } = loading
    const root = fromData(input, findings)
    const variables = new Map(Object.entries(capability.env))
    projectName(options, loading, [], workingDirectory, variables)
    const tree = yield* readTree(loading, root, workingDirectory, variables)
    const found = { files: [], projectDirectory: workingDirectory, variables }
    return yield* settle(options, findings, yield* resolve({ options, loading, tree, name, variables, found }))
  })

const readMain = Effect.fnUntraced(function* (loading: Loading, found: FoundFiles) {
  if (found.files.length === 0)
    return yield* new FileUnreadable({
      path: absolute(found.projectDirectory, "compose.yaml"),
      reason: "missing",
      detail: "there is no Compose file here, nor in a folder above",
    })
  const texts: ComposeText[] = []
  for (const path of found.files) {
    const result = yield* read(loading, path)
    if (result._tag === "refused") return yield* result.error
    if (result._tag === "missing")
      return yield* new FileUnreadable({ path, reason: "missing", detail: "there is no such file" })
    texts.push({ path, text: result.text })
  }
  return texts
})

interface Resolving {
  readonly options: LoadOptions
  readonly loading: Loading
  readonly tree: Mapping
  readonly name: string
  readonly variables: ReadonlyMap<string, string>
  readonly found: FoundFiles
}

/** The joined tree as a model: defaults, types, relations, profiles, env files. */
const resolve = Effect.fnUntraced(function* (resolving: Resolving) {
  const { options, loading, tree, name, variables, found } = resolving
  const { findings } = loading
  const lookup = (variable: string) => variables.get(variable)
  normalize(tree, name, lookup)
  tree.entries.set("name", scalarAt(name, tree.get("name")))
  yield* resolveWatchLinks(loading, tree)
  // The reader of types follows the table from which StackModel's schema is written; a test decodes the one with the other.
  const whole = decode(tree, project, [], findings) as StackModel
  checkProviders(loading, whole, tree)
  const profiles = activeProfiles(options, variables)
  let selection = byProfiles(whole.services, profiles)
  const find = (path: ReadonlyArray<string | number>) => findNode(tree, path)
  checkRelations({
    model: { ...whole, services: selection.enabled },
    disabled: selection.disabled,
    find,
    tainted: findings.tainted,
    findings,
  })
  const withEnvironment = environmentWanted(options, Object.keys(selection.enabled))
  const enabled = yield* resolveServiceFiles(loading, selection.enabled, withEnvironment, tree, variables)
  selection = { ...selection, enabled }
  const names = options.services ?? []
  if (names.length > 0) {
    const all = { ...whole.services, ...selection.enabled }
    selection = byProfiles(all, [...profiles, ...impliedProfiles(names, selection)])
    const { chosen, missing } = closure(names, selection.enabled)
    for (const service of missing) unknownService(findings, service, whole)
    selection = { enabled: keepServices(selection.enabled, chosen), disabled: selection.disabled }
  }
  const chosen: StackModel = { ...whole, services: withScale(selection.enabled) }
  const model = options.keepUnused === true ? chosen : withoutUnused(chosen)
  return {
    name,
    model,
    disabled: Object.keys(whole.services).filter((service) => !Object.hasOwn(selection.enabled, service)),
    secretReferences: {},
    origin: {
      workingDirectory: found.projectDirectory,
      files: found.files,
      environmentFiles: (options.envFiles ?? []).map((file) => absolute(options.workingDirectory, file)),
      locate: (path) => locate(tree, path),
      content: (kind, file): Redacted.Redacted | undefined => loading.contents.get(`${kind}/${file}`),
      variable: lookup,
      profiles: [...new Set(Object.values(whole.services).flatMap(({ profiles: own = [] }) => own))].toSorted(
        compareText,
      ),
    },
  } satisfies Stack
})

/** The services whose env files are read. */
const environmentWanted = ({ resolveEnvironment }: LoadOptions, enabled: ReadonlyArray<string>): ReadonlySet<string> =>
  resolveEnvironment === false
    ? new Set()
    : new Set(resolveEnvironment === undefined ? enabled : matchServices(resolveEnvironment, enabled).matched)

/** `scale` is what `deploy.replicas` says, once there is a deploy section. */
const withScale = (services: Readonly<Record<string, Service>>): Readonly<Record<string, Service>> => {
  const scaled = Object.entries(services).flatMap(([name, service]) =>
    service.scale === undefined || service.deploy === undefined
      ? []
      : [[name, { ...service, deploy: { ...service.deploy, replicas: service.scale } }] as const],
  )
  return scaled.length === 0 ? services : { ...services, ...Object.fromEntries(scaled) }
}

/** `--profile`, or COMPOSE_PROFILES. */
const activeProfiles = (options: LoadOptions, variables: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  options.profiles !== undefined && options.profiles.length > 0
    ? options.profiles
    : (variables.get("COMPOSE_PROFILES") ?? "").split(",").map((profile) => profile.trim())

const checkProviders = ({ capability, findings }: Loading, model: StackModel, tree: Mapping): void => {
  if (capability.allowProvider) return
  for (const [name, service] of Object.entries<Service>(model.services)) {
    if (service.provider === undefined) continue
    const path = ["services", name, "provider"]
    findings.error("capability", findNode(tree, path), path, {
      message: `services.${name}.provider: programs may not be run here`,
      expected: "image or build",
      remedy: "Deploy this stack from a host whose policy allows providers.",
    })
  }
}

const unknownService = (findings: Findings, name: string, model: StackModel): void => {
  const near = nearest(name, Object.keys(model.services))
  findings.error("reference", undefined, [], {
    message: `service ${name} is not defined`,
    remedy: near === undefined ? "See `windflow config --services`." : `Did you mean ${near}?`,
  })
}
