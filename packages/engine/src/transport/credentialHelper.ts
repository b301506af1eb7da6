/** Asks a credential helper of Docker (`docker-credential-<name> get`): an argument list, a deadline, a bounded answer. */
import { execFile } from "node:child_process"
import { Effect, Option, Schema } from "effect"
import { NotAuthorised } from "../model/errors/union.ts"

const HelperAnswer = Schema.fromJsonString(Schema.Struct({ Username: Schema.String, Secret: Schema.String }))
const decode = Schema.decodeUnknownOption(HelperAnswer)

/** Helpers may ask a person to unlock a key ring. */
const deadline = 60_000
const largestAnswer = 1024 * 1024
/** What every helper prints for a registry nobody logged in to; it is no error to have no credentials. */
const notFound = /credentials not found in native keychain/i

export interface HelperCredentials {
  readonly username: string
  readonly secret: string
}

/** Undefined when the helper knows nothing of that registry. */
export const askHelper = (
  helper: string,
  registry: string,
  timeout: number = deadline,
): Effect.Effect<HelperCredentials | undefined, NotAuthorised> =>
  Effect.callback((resume) => {
    const program = `docker-credential-${helper}`
    const failed = (detail: string) =>
      resume(Effect.fail(new NotAuthorised({ subject: registry, detail: `${program}: ${detail}` })))
    // A name, never a path: the configuration may come with a project.
    if (!/^[\w.-]+$/.test(helper)) {
      failed("that is no name of a credential helper (credsStore or credHelpers in Docker's config.json)")
      return undefined
    }
    const child = execFile(
      program,
      ["get"],
      { timeout, killSignal: "SIGKILL", maxBuffer: largestAnswer },
      (error, stdout) => {
        const answer = Option.getOrUndefined(decode(stdout))
        if (error === null && answer !== undefined)
          resume(Effect.succeed({ username: answer.Username, secret: answer.Secret }))
        else if (notFound.test(stdout)) resume(Effect.succeed(undefined))
        else if (error === null) failed("its answer was not understood")
        else if (error.code === "ENOENT")
          failed("it is named in Docker's config.json (credsStore or credHelpers) and is not in PATH")
        else if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") failed("its answer has no end")
        else if (error.killed === true) failed(`it did not answer within ${timeout / 1000} s`)
        // What it printed may hold a secret: only a refusal (exit code, no JSON) is shown, shortened.
        else failed(stdout.includes("{") || stdout.trim() === "" ? error.message : stdout.trim().slice(0, 300))
      },
    )
    // A helper that ends without reading is its own business.
    child.stdin?.on("error", () => undefined)
    child.stdin?.end(registry)
    return Effect.sync(() => child.kill("SIGKILL"))
  })
