/** What a build takes from this machine, looked at before it starts: folders, Dockerfile, secrets, SSH agents. */
import { readFile, stat } from "node:fs/promises"
import { Effect, Redacted } from "effect"
import { BuildFailed, FileUnreadable, VariableMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { ModelPath, Stack } from "../../model/Stack.ts"
import { dockerfilePath } from "./buildRequest.ts"

type Reason = FileUnreadable["reason"]
const reasons: Readonly<Record<string, Reason>> = {
  ENOENT: "missing",
  ENOTDIR: "missing",
  EACCES: "permission",
  EPERM: "permission",
  EISDIR: "directory",
}

/** A file or folder of a build that cannot be read, with the place that names it. */
export const unreadable = (stack: Stack, path: string, at: ModelPath, error: unknown): FileUnreadable => {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  const place = stack.origin.locate(at)
  return new FileUnreadable({
    path,
    reason: reasons[code] ?? "other",
    detail: `the build needs it: ${error instanceof Error ? error.message : String(error)}`,
    ...(place === undefined ? {} : { place }),
  })
}

const attempt = <A>(stack: Stack, path: string, at: ModelPath, look: () => Promise<A>) =>
  Effect.tryPromise({ try: look, catch: (error) => unreadable(stack, path, at, error) })

const checkFolder = (stack: Stack, path: string, at: ModelPath) =>
  Effect.flatMap(
    attempt(stack, path, at, () => stat(path)),
    (found) =>
      found.isDirectory() ? Effect.void : Effect.fail(unreadable(stack, path, at, new Error("it is not a folder"))),
  )

/** All folders, and the Dockerfile where it is one of this machine. */
export const checkFolders = (
  stack: Stack,
  name: string,
  folders: ReadonlyMap<string, string>,
): Effect.Effect<void, FileUnreadable> =>
  Effect.gen(function* () {
    const at = ["services", name, "build"]
    const build = stack.model.services[name]?.build ?? {}
    for (const [key, path] of folders)
      if (key !== "dockerfile")
        yield* checkFolder(stack, path, key === "context" ? [...at, "context"] : [...at, "additional_contexts", key])
    const dockerfile = dockerfilePath(stack, build)
    // The frontend takes `dockerfile` for `Dockerfile`, too.
    if (dockerfile !== undefined && !dockerfile.endsWith("/Dockerfile"))
      yield* attempt(stack, dockerfile, [...at, "dockerfile"], () => stat(dockerfile))
  })

/** Identifier in the build → its value; read once, so that what goes out is what is masked in logs. */
export const buildSecrets = (
  stack: Stack,
  name: string,
): Effect.Effect<ReadonlyMap<string, Redacted.Redacted<Uint8Array>>, FileUnreadable | VariableMissing> =>
  Effect.gen(function* () {
    const values = new Map<string, Redacted.Redacted<Uint8Array>>()
    for (const { source = "", target = "" } of stack.model.services[name]?.build?.secrets ?? []) {
      const object = stack.model.secrets?.[source]
      const id = target === "" ? source : target
      const file = object?.file
      if (file !== undefined) {
        const value = yield* attempt(stack, file, ["secrets", source, "file"], () => readFile(file))
        values.set(id, Redacted.make(value))
        continue
      }
      const variable = object?.environment ?? ""
      const held = variable === "" ? undefined : stack.origin.content?.("secrets", source)
      if (variable !== "" && held === undefined) {
        const place = stack.origin.locate(["secrets", source, "environment"])
        const subject = `secrets.${source}`
        return yield* new VariableMissing({ variable, subject, ...(place === undefined ? {} : { place }) })
      }
      const text = held === undefined ? object?.content : Redacted.value(held)
      if (text !== undefined) values.set(id, Redacted.make(Buffer.from(text)))
    }
    return values
  })

const agentHelp = "Start an agent (`eval $(ssh-agent)`), add the key (`ssh-add`), and pass SSH_AUTH_SOCK on."

/** Identifier in the build → socket of an SSH agent. */
export const buildAgents = (
  stack: Stack,
  name: string,
  more: ReadonlyArray<string>,
): Effect.Effect<ReadonlyMap<string, string>, WindFlowError> =>
  Effect.gen(function* () {
    const agents = new Map<string, string>()
    const at = ["services", name, "build", "ssh"]
    for (const entry of [...(stack.model.services[name]?.build?.ssh ?? []), ...more]) {
      const equals = entry.indexOf("=")
      const id = equals < 0 ? entry : entry.slice(0, equals)
      const path = equals < 0 ? (stack.origin.variable?.("SSH_AUTH_SOCK") ?? "") : entry.slice(equals + 1)
      const failed = (detail: string) => {
        const place = stack.origin.locate(at)
        return new BuildFailed({ service: name, step: `ssh: ${id}`, detail, ...(place === undefined ? {} : { place }) })
      }
      if (path === "") return yield* failed(`no SSH agent is running: SSH_AUTH_SOCK is not set. ${agentHelp}`)
      const found = yield* attempt(stack, path, at, () => stat(path))
      if (!found.isSocket())
        return yield* failed(`${path} is not the socket of an SSH agent; private keys are not read. ${agentHelp}`)
      agents.set(id, path)
    }
    return agents
  })
