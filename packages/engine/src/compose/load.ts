/** Compose files → `Stack`: the whole way, with every finding told at once. */
import { Effect, type Redacted } from "effect"
import { ComposeInvalid, FileUnreadable } from "../model/errors/union.ts"
import type { Stack } from "../model/Stack.ts"
import type { Service, StackModel } from "../model/StackModel.ts"
import type { LoadCapability, LoadOptions } from "./Capability.ts"
import { Findings } from "./Findings.ts"
import { type FoundFiles, findFiles, makeLoading } from "./find.ts"
import { decode } from "./resolve/decode.ts"
import { type ComposeText, readProject } from "./resolve/files.ts"
import { type Loading, read } from "./resolve/Loading.ts"
import { findNode, locate } from "./resolve/locate.ts"
import { normalize } from "./resolve/normalize.ts"
import { projectName } from "./resolve/projectName.ts"
import { checkRelations } from "./resolve/relations.ts"
import { byProfiles, closure, impliedProfiles, keepServices, withoutUnused } from "./resolve/select.ts"
import { resolveServiceFiles, resolveWatchLinks } from "./resolve/serviceFiles.ts"
import { project } from "./shape/model.ts"
import { nearest } from "./text/nearest.ts"
import { absolute } from "./text/path.ts"
import { type Mapping, scalarAt } from "./tree/Node.ts"

export const load = (
  options: LoadOptions,
  capability: LoadCapability,
): Effect.Effect<Stack, ComposeInvalid | FileUnreadable> =>
  Effect.gen(function* () {
    const findings = new Findings()
    const loading = makeLoading(options, capability, findings)
    const found = yield* findFiles(options, loading)
    const texts = yield* readMain(loading, found)
    const variables = new Map(found.variables)
    const name = projectName(options, loading, texts, found.projectDirectory, variables)
    variables.set("COMPOSE_PROJECT_NAME", name)
    const tree = yield* readProject(loading, texts, found.projectDirectory, variables)
    if (tree.entries.size === 0 && !findings.failed)
      findings.error("empty", { file: texts[0]?.path ?? "-", line: 1, column: 1 }, [], {
        message: "the Compose file is empty",
        expected: "services",
        remedy: "Add a service.",
      })
    const stack = yield* resolve({ options, loading, tree, name, variables, found })
    findings.warnings.forEach((warning) => options.onWarning?.(warning))
    const [first, ...rest] = findings.errors
    if (first !== undefined) return yield* new ComposeInvalid({ diagnostics: [first, ...rest] })
    return stack
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
export const resolve = Effect.fnUntraced(function* (resolving: Resolving) {
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
  if (options.resolveEnvironment !== false) {
    const enabled = yield* resolveServiceFiles(loading, selection.enabled, tree, variables)
    selection = { ...selection, enabled }
  }
  const names = options.services ?? []
  if (names.length > 0) {
    const all = { ...whole.services, ...selection.enabled }
    selection = byProfiles(all, [...profiles, ...impliedProfiles(names, selection)])
    const { chosen, missing } = closure(names, selection.enabled)
    for (const service of missing) unknownService(findings, service, whole)
    selection = { enabled: keepServices(selection.enabled, chosen), disabled: selection.disabled }
  }
  const chosen: StackModel = { ...whole, services: selection.enabled }
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
    },
  } satisfies Stack
})

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
