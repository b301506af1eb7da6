/** A command in a running container, over a hijacked connection: both directions open, closable by themselves. */
import type { Duplex } from "node:stream"
import { Effect, Stream, type Scope } from "effect"
import { EngineFailed, NotDeployed, type WindFlowError } from "../../model/errors/union.ts"
import { asStdout, demultiplex } from "../../transport/demultiplex.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import { unreachable } from "../../transport/engineErrors.ts"
import type { ExecRequest, ExecSession } from "../Driver.ts"
import { labels, projectFilter } from "./names.ts"
import { isOneOff } from "./observe.ts"

const writing = (endpoint: string, write: (done: (error?: Error | null) => void) => void) =>
  Effect.callback<void, WindFlowError>((resume) => {
    write((error) =>
      resume(error === undefined || error === null ? Effect.void : Effect.fail(unreachable(endpoint, error))),
    )
  })

export const outputOf = (endpoint: string, socket: Duplex, head: Buffer, tty: boolean) => {
  const bytes = Stream.fromAsyncIterable<Uint8Array, WindFlowError>(socket, (error) => unreachable(endpoint, error))
  const all = head.length === 0 ? bytes : Stream.concat(Stream.make<[Uint8Array]>(head), bytes)
  return tty ? asStdout(all) : demultiplex(all)
}

/** Both directions of a hijacked connection. */
export const conversation = (
  endpoint: string,
  socket: Duplex,
  head: Buffer,
  tty: boolean,
): Pick<ExecSession, "output" | "write" | "end"> => {
  // A socket error reaches whoever reads or writes; without a listener Node would end the process.
  socket.on("error", () => undefined)
  return {
    output: outputOf(endpoint, socket, head, tty),
    write: (bytes) => writing(endpoint, (done) => socket.write(bytes, done)),
    end: Effect.sync(() => void socket.end()),
  }
}

/** What nobody is attached to. */
export const detached: ExecSession = {
  output: Stream.empty,
  write: () => Effect.void,
  end: Effect.void,
  resize: () => Effect.void,
  exitCode: Effect.succeed(0),
}

export const exec = (
  api: DockerApiShape,
  request: ExecRequest,
): Effect.Effect<ExecSession, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const index = request.index ?? 1
    const candidates = yield* api.containers.list({
      label: [...projectFilter(request.project), `${labels.service}=${request.service}`, `${labels.number}=${index}`],
    })
    const container = candidates.find((summary) => !isOneOff(summary) && summary.State === "running")
    if (container === undefined)
      return yield* new NotDeployed({
        deployment: request.project,
        detail: `service ${request.service} has no running container ${index}`,
      })
    const tty = request.tty !== undefined
    const created = yield* api.exec.create(container.Id, {
      Cmd: [...request.argv],
      AttachStdin: request.detach !== true,
      AttachStdout: request.detach !== true,
      AttachStderr: request.detach !== true,
      Tty: tty,
      Privileged: request.privileged ?? false,
      User: request.user ?? "",
      WorkingDir: request.workingDirectory ?? "",
      Env: Object.entries(request.environment ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(request.tty === undefined ? {} : { ConsoleSize: [request.tty.rows, request.tty.columns] }),
    })
    if (request.detach === true) {
      yield* api.exec.run(created.Id)
      return detached
    }
    const { socket, head } = yield* api.exec.start(created.Id, tty)
    const session: ExecSession = {
      ...conversation(api.endpoint, socket, head, tty),
      resize: ({ columns, rows }) => api.exec.resize(created.Id, columns, rows),
      exitCode: Effect.flatMap(api.exec.inspect(created.Id), (details) =>
        details.ExitCode === null || details.Running
          ? Effect.fail(
              new EngineFailed({
                call: "GET /exec",
                detail: "the command still runs: read its output to the end first",
              }),
            )
          : Effect.succeed(details.ExitCode),
      ),
    }
    return session
  })
