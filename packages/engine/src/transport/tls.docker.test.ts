// An engine behind TLS, as `dockerd --tlsverify` serves it: DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH against a server in
// front of the engine's socket that demands a client certificate.
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer as createPlainServer, type Server as NetServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer, type Server } from "node:tls"
import { ensureEngine } from "@windflow/testcontainers"
import { Effect, Result } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { resolveEndpoint } from "./endpoint.ts"
import { openDocker, processSources } from "./openDocker.ts"

const directory = mkdtempSync(join(tmpdir(), "windflow-tls-"))
const at = (...path: ReadonlyArray<string>) => join(directory, ...path)
const openssl = (...argv: ReadonlyArray<string>) => execFileSync("openssl", argv, { cwd: directory, stdio: "pipe" })
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

const authority = (name: string) =>
  openssl("req", "-x509", ...newKey, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.pem`)

/** A certificate that `by` has signed; the names of a server's, none of a client's. */
const certificate = (name: string, by: string, names?: string): void => {
  openssl("req", "-new", ...newKey, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`)
  writeFileSync(at(`${name}.ext`), names === undefined ? "extendedKeyUsage=clientAuth\n" : `subjectAltName=${names}\n`)
  const signed = ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial", "-extfile", `${name}.ext`]
  openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.pem`)
}

/** A DOCKER_CERT_PATH. */
const folder = (name: string, ca: string, client: string | undefined): string => {
  mkdirSync(at(name))
  copyFileSync(at(`${ca}.pem`), at(name, "ca.pem"))
  if (client !== undefined) {
    copyFileSync(at(`${client}.pem`), at(name, "cert.pem"))
    copyFileSync(at(`${client}.key`), at(name, "key.pem"))
  }
  return at(name)
}

const servers: Array<Server> = []
/** OpenSSL's own server, which tells a client with an alert that its certificate is refused; Node's hangs up. */
let strict: ChildProcess | undefined
const ports = { right: 0, elsewhere: 0, alone: 0, strict: 0 }

const portOf = (server: NetServer): number => {
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("the server does not listen on a port")
  return address.port
}
const listening = async (server: NetServer): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return portOf(server)
}

/** Leads to the engine's socket whoever shows a certificate of that authority. Node sends what it has of the chain. */
const serve = (socket: string, name: string, clients = "ours"): Promise<number> => {
  const server = createServer(
    {
      ca: readFileSync(at(`${clients}.pem`)),
      cert: readFileSync(at(`${name}.pem`)),
      key: readFileSync(at(`${name}.key`)),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (client) => {
      const engine = connect(socket)
      client.pipe(engine).pipe(client)
      for (const one of [client, engine]) one.on("error", () => [client, engine].forEach((each) => each.destroy()))
    },
  )
  servers.push(server)
  return listening(server)
}

const serveStrictly = async (): Promise<number> => {
  const free = createPlainServer()
  const port = await listening(free)
  await new Promise((resolve) => free.close(resolve))
  const files = ["-CAfile", "ours.pem", "-cert", "server.pem", "-key", "server.key"]
  const argv = ["s_server", "-accept", `127.0.0.1:${port}`, ...files, "-Verify", "1", "-verify_return_error"]
  const child = spawn("openssl", argv, { cwd: directory, stdio: ["pipe", "pipe", "ignore"] })
  strict = child
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (text: Buffer) => text.includes("ACCEPT") && resolve())
    child.once("exit", () => reject(new Error("openssl s_server ended")))
  })
  return port
}

beforeAll(async () => {
  const { host } = await ensureEngine(() => undefined)
  for (const name of ["ours", "theirs"]) authority(name)
  certificate("server", "ours", "DNS:localhost,IP:127.0.0.1")
  certificate("elsewhere", "ours", "DNS:elsewhere.example")
  certificate("client", "ours")
  certificate("stranger", "theirs")
  const socket = host.replace("unix://", "")
  ports.right = await serve(socket, "server")
  ports.elsewhere = await serve(socket, "elsewhere")
  ports.alone = await serve(socket, "server", "theirs")
  ports.strict = await serveStrictly()
})
afterAll(() => {
  for (const server of servers) server.close()
  strict?.kill()
  rmSync(directory, { recursive: true, force: true })
})

interface Asking {
  readonly host?: string
  readonly verify?: boolean
  readonly server?: keyof typeof ports
}

const asked = (certificates: string, options: Asking = {}) => {
  const sources = processSources({
    DOCKER_HOST: `tcp://${options.host ?? "localhost"}:${ports[options.server ?? "right"]}`,
    ...(options.verify === false ? { DOCKER_TLS: "1" } : { DOCKER_TLS_VERIFY: "1" }),
    DOCKER_CERT_PATH: certificates,
    DOCKER_CONFIG: directory,
  })
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const api = yield* openDocker(yield* Effect.fromResult(resolveEndpoint(undefined, sources)))
        return yield* Effect.result(api.info)
      }),
    ),
  )
}

const refusal = async (...given: Parameters<typeof asked>) => {
  const answer = await asked(...given)
  if (Result.isSuccess(answer)) throw new Error("the engine answered")
  return answer.failure
}

test.each(["localhost", "127.0.0.1"])("with the right certificates the engine answers at %s", async (host) => {
  const warnings: Array<string> = []
  const listen = (warning: Error) => void warnings.push(warning.message)
  process.on("warning", listen)
  const answer = await asked(folder(`right-${host}`, "ours", "client"), { host })
  process.off("warning", listen)
  expect(Result.getOrThrow(answer).ServerVersion).toMatch(/^\d/)
  expect(warnings).toEqual([])
})

test.each([
  ["right", "self-signed certificate"],
  // Without its authority's certificate beside it.
  ["alone", "first certificate"],
] as const)("a server that an unknown authority has signed (%s)", async (server, detail) => {
  expect(await refusal(folder(`wrong-ca-${server}`, "theirs", "stranger"), { server })).toMatchObject({
    _tag: "EngineUnreachable",
    reason: "tls",
    detail: expect.stringContaining(detail),
  })
})

test("DOCKER_TLS without VERIFY asks for no proof of the server", async () => {
  const answer = await asked(folder("unverified", "theirs", "client"), { verify: false })
  expect(Result.isSuccess(answer)).toBe(true)
})

test.each([
  ["no client certificate", undefined],
  ["a client certificate of another authority", "stranger"],
])("%s", async (name, client) => {
  const failure = await refusal(folder(name, "ours", client), { server: "strict" })
  expect(failure).toMatchObject({ _tag: "EngineUnreachable", reason: "tls", detail: expect.stringContaining("alert") })
})

test.each(["localhost", "127.0.0.1"])("a certificate for another host than %s", async (host) => {
  const failure = await refusal(folder(`name-${host}`, "ours", "client"), { host, server: "elsewhere" })
  expect(failure).toMatchObject({
    _tag: "EngineUnreachable",
    reason: "tls",
    detail: expect.stringContaining("altnames"),
  })
})
