/** What a build may ask of its session besides files: secrets, credentials of registries, an SSH agent, whether we are alive. */
import { connect } from "node:net"
import { filterAgentRequests } from "./agentFilter.ts"
import { type GrpcMethods, GrpcFailure, grpcCode, type GrpcStream, unary } from "./grpc.ts"
import { decodeBytes, decodeText, encodeBytes, encodeCredentials, encodeServing } from "./messages.ts"

/** As large as BuildKit's own clients allow. */
const largestSecret = 500 * 1024

/** `read` answers undefined for what the build was not given. */
export const secrets = (read: (id: string) => Promise<Uint8Array> | undefined): GrpcMethods => ({
  "/moby.buildkit.secrets.v1.Secrets/GetSecret": unary(async (request) => {
    const id = decodeText(request)
    const value = await read(id)
    // BuildKit itself decides by this code whether a secret that is not required may be absent.
    if (value === undefined) throw new GrpcFailure(grpcCode.notFound, `secret ${id} was not given to this build`)
    if (value.length > largestSecret)
      throw new GrpcFailure(grpcCode.invalidArgument, `secret ${id} is larger than ${largestSecret / 1024} KiB`)
    return encodeBytes(value)
  }),
})

export interface Credentials {
  readonly username: string
  readonly secret: string
}

/**
 * Credentials for the registries a build meets, and only for those. Tokens are fetched by the engine: the methods with which a
 * client would do it are not offered.
 */
export const registryCredentials = (find: (host: string) => Promise<Credentials | undefined>): GrpcMethods => ({
  "/moby.filesync.v1.Auth/Credentials": unary(async (request) => {
    const found = await find(decodeText(request))
    return encodeCredentials(found?.username ?? "", found?.secret ?? "")
  }),
})

const forward = (path: string, { messages, send }: GrpcStream): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    const end = (error?: Error) => {
      socket.destroy()
      if (error === undefined) resolve()
      else reject(new GrpcFailure(grpcCode.unavailable, `the SSH agent at ${path}: ${error.message}`))
    }
    socket.once("error", end)
    const toAgent = async () => {
      const refused = filterAgentRequests()
      for await (const message of messages) {
        const { pass, answer } = refused(Buffer.from(decodeBytes(message)))
        if (answer.length > 0) await send(encodeBytes(answer))
        if (pass.length > 0 && !socket.write(pass))
          await new Promise<void>((drained) => {
            socket.once("drain", drained)
            socket.once("close", drained)
          })
      }
      socket.end()
    }
    const fromAgent = async () => {
      for await (const chunk of socket) await send(encodeBytes(chunk as Buffer)) // no encoding is set
    }
    Promise.all([toAgent(), fromAgent()]).then(() => end(), end)
  })

/** `agents`: identifier → path of the agent's socket. A build may list keys and sign with them, nothing else. */
export const sshAgents = (agents: ReadonlyMap<string, string>): GrpcMethods => {
  const find = (id: string): string => {
    const path = agents.get(id === "" ? "default" : id)
    if (path === undefined) throw new GrpcFailure(grpcCode.notFound, `SSH agent ${id} was not given to this build`)
    return path
  }
  return {
    "/moby.sshforward.v1.SSH/CheckAgent": unary((request) => {
      find(decodeText(request))
      return new Uint8Array(0)
    }),
    "/moby.sshforward.v1.SSH/ForwardAgent": (stream) =>
      forward(find(stream.metadata.get("buildkit.ssh.id")?.[0] ?? "default"), stream),
  }
}

/** The engine gives a session up that does not answer this. */
export const health: GrpcMethods = { "/grpc.health.v1.Health/Check": unary(() => encodeServing()) }
