/** Seccomp profiles that lie in files: the engine wants their text, as Docker's clients send it. */
import { isAbsolute, join } from "node:path"
import { Effect } from "effect"
import { ConfigInvalid, FileUnreadable, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"

/** The path of a profile; undefined for every other option and for the profiles that the engine knows by name. */
export const profileIn = (option: string): string | undefined => {
  const value = /^seccomp[=:](.*)$/s.exec(option)?.[1]
  return value === undefined || value === "unconfined" || value === "builtin" ? undefined : value
}

/** JSON without the space between its parts; numbers keep their spelling. */
export const compactJson = (text: string): string =>
  text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, quoted: string | undefined) => quoted ?? "")

const readProfile = (stack: Stack, service: string, index: number, profile: string) => {
  const { workingDirectory } = stack.origin
  const path = isAbsolute(profile) ? profile : join(workingDirectory, profile)
  const found = stack.origin.locate(["services", service, "security_opt", index])
  const place = found === undefined ? {} : { place: found }
  return Effect.tryPromise({
    try: () => process.getBuiltinModule("node:fs/promises").readFile(path, "utf8"),
    catch: (error) => new FileUnreadable({ path, reason: "other", detail: String(error), ...place }),
  }).pipe(
    Effect.flatMap((text) =>
      Effect.try({
        try: () => {
          JSON.parse(text)
          return `seccomp=${compactJson(text)}`
        },
        catch: (error) => new ConfigInvalid({ file: path, detail: `no seccomp profile: ${String(error)}`, ...place }),
      }),
    ),
  )
}

/** A service's security options with the text of profiles in place of their paths; undefined when there is no such file. */
export const readSecurityOptions = (
  stack: Stack,
  service: string,
): Effect.Effect<ReadonlyArray<string> | undefined, WindFlowError> => {
  const options = stack.model.services[service]?.security_opt ?? []
  if (options.every((option) => profileIn(option) === undefined)) return Effect.succeed(undefined)
  return Effect.forEach(options, (option, index) => {
    const profile = profileIn(option)
    return profile === undefined ? Effect.succeed(option) : readProfile(stack, service, index, profile)
  })
}
