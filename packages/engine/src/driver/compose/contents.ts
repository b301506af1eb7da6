/**
 * What the configs and secrets of a stack hold. `prepare` reads each once and keeps a digest in the desired state, so that a
 * change replaces containers; values that came from a variable stay in this process and are handed out when they are uploaded.
 */
import { Effect, Redacted } from "effect"
import { FileUnreadable, VariableMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { ModelPath, Stack } from "../../model/Stack.ts"
import { sha256Hex } from "../../plan/digest.ts"
import { slowDigest } from "../../secret/slowDigest.ts"
import { apiSocketConfig } from "./apiSocket.ts"
import type { GrantedContent } from "./Desired.ts"

export type ContentKind = Exclude<GrantedContent["kind"], "images">

/** Values by the digest that the desired state has of them: those of another stack or an older run are not mixed up. */
export interface HeldContents {
  readonly put: (content: GrantedContent, value: Redacted.Redacted) => void
  readonly get: (content: GrantedContent) => Redacted.Redacted | undefined
}

export const makeHeldContents = (): HeldContents => {
  const values = new Map<string, Redacted.Redacted>()
  const keyOf = ({ kind, key, digest }: GrantedContent) => `${kind}/${key}/${digest}`
  return {
    put: (content, value) => void values.set(keyOf(content), value),
    get: (content) => values.get(keyOf(content)),
  }
}

const digestLength = 16

const quickDigest = (value: string | Buffer): string =>
  typeof value === "string"
    ? sha256Hex(value).slice(0, digestLength)
    : process.getBuiltinModule("node:crypto").hash("sha256", value, "hex").slice(0, digestLength)

const placed = (stack: Stack, path: ModelPath) => {
  const place = stack.origin.locate(path)
  return place === undefined ? {} : { place }
}

/** A folder is mounted as it is, and its files are nobody's content: then there is no digest. */
const readFileContent = (path: string): Promise<Buffer | undefined> =>
  process
    .getBuiltinModule("node:fs/promises")
    .readFile(path)
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EISDIR") return undefined
      throw error
    })

const reasonOf = (error: unknown): "missing" | "permission" | "other" => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  return code === "ENOENT" ? "missing" : code === "EACCES" || code === "EPERM" ? "permission" : "other"
}

const contentOf = (
  stack: Stack,
  held: HeldContents,
  kind: ContentKind,
  key: string,
): Effect.Effect<GrantedContent | undefined, WindFlowError> => {
  const object = stack.model[kind]?.[key]
  const digested = (value: string | Buffer, slow: boolean) =>
    Effect.map(
      slow
        ? Effect.promise(() => slowDigest(value, `${stack.name}/${kind}/${key}`))
        : Effect.sync(() => quickDigest(value)),
      (digest) => ({ kind, key, digest }),
    )
  if ((object?.content ?? "") !== "") return digested(object?.content ?? "", kind === "secrets")
  const variable = object?.environment ?? ""
  if (variable !== "") {
    const value = stack.origin.content?.(kind, key)
    return value === undefined
      ? Effect.fail(
          new VariableMissing({
            variable,
            subject: `${kind}.${key}`,
            ...placed(stack, [kind, key, "environment"]),
          }),
        )
      : Effect.tap(digested(Redacted.value(value), true), (content) => Effect.sync(() => held.put(content, value)))
  }
  const path = object?.file ?? ""
  return Effect.tryPromise({
    try: () => readFileContent(path),
    catch: (error) =>
      new FileUnreadable({
        path,
        reason: reasonOf(error),
        detail: `${kind}.${key}: ${error instanceof Error ? error.message : String(error)}`,
        ...placed(stack, [kind, key, "file"]),
      }),
  }).pipe(
    Effect.flatMap((bytes) => (bytes === undefined ? Effect.succeed(undefined) : digested(bytes, kind === "secrets"))),
  )
}

/** service → what it is granted; each config or secret is read once. Mounted files must be there: an engine would refuse late. */
export const readContents = (
  stack: Stack,
  names: ReadonlyArray<string>,
  held: HeldContents,
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<GrantedContent>>, WindFlowError> =>
  Effect.gen(function* () {
    const grants = names.flatMap((name) =>
      (["configs", "secrets"] as const).flatMap((kind) =>
        (stack.model.services[name]?.[kind] ?? [])
          // Credentials come and go without a meaning for the service.
          .filter((grant) => grant.source !== apiSocketConfig)
          .map((grant) => ({ name, kind, key: grant.source ?? "" })),
      ),
    )
    const wanted = new Map(grants.map(({ kind, key }) => [`${kind}/${key}`, { kind, key }]))
    const contents = yield* Effect.forEach(wanted.values(), ({ kind, key }) => contentOf(stack, held, kind, key), {
      concurrency: 4,
    })
    const found = new Map([...wanted.keys()].map((key, index) => [key, contents[index]]))
    const byService = new Map<string, Map<string, GrantedContent>>()
    for (const { name, kind, key } of grants) {
      const content = found.get(`${kind}/${key}`)
      if (content === undefined) continue
      const own = byService.get(name) ?? new Map<string, GrantedContent>()
      byService.set(name, own.set(`${kind}/${key}`, content))
    }
    return new Map([...byService].map(([name, own]) => [name, [...own.values()]]))
  })
