/** `docker system dial-stdio` on the host: the way to its engine where sshd forwards no sockets. What it says when it cannot. */
import { EngineUnreachable } from "../../model/errors/union.ts"
import type { RunResult } from "./SshHost.ts"

export const dialStdio = (socket: string): ReadonlyArray<string> => [
  "docker",
  "--host",
  `unix://${socket}`,
  "system",
  "dial-stdio",
]

/** A question that ends the connection by itself. */
export const pingRequest = Buffer.from("GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")

export const answered = ({ stdout }: RunResult): boolean => stdout.toString("latin1").startsWith("HTTP/1.1 ")

/** Why neither way leads to the engine, from what the program said. */
export const noWay = (url: string, { exitCode, stderr }: RunResult): EngineUnreachable => {
  const said = stderr.toString("utf8").trim().split("\n").at(-1) ?? ""
  const found = (reason: EngineUnreachable["reason"], detail: string) =>
    new EngineUnreachable({ endpoint: url, reason, detail })
  if (/permission denied/i.test(said)) return found("permission", "this user may not use the engine's socket")
  if (/no such file|cannot connect|is the docker daemon running/i.test(said))
    return found("not-found", "no engine listens on its socket")
  if (exitCode === 127 || /not found/i.test(said)) return found("not-found", "there is no Docker on this host")
  return found("other", said === "" ? `the host ended the attempt with code ${exitCode ?? "none"}` : said)
}
