/** A machine with sshd and an engine of its own, and the ways to that engine: its socket, ours over SSH, `ssh -L` by hand, Compose's `ssh://`. */
import { spawn } from "node:child_process"
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Host, startHost, until } from "@windflow/testcontainers"
import { type EngineApi, openEngine } from "./engineApi.ts"
import { type InProcess, openInProcess } from "./inProcess.ts"

export interface SshBed extends AsyncDisposable {
  readonly host: Host
  /** `ssh://deploy@…` */
  readonly url: string
  /** The engine's own socket, as a process on that machine sees it. */
  readonly socket: string
  /** That socket at this end of an `ssh -L` that stays open. */
  readonly forwarded: string
  /** Arguments with which `ssh` gets in. */
  readonly login: ReadonlyArray<string>
  /** A directory whose `ssh` gets in whatever it is asked: for programs that take no key. */
  readonly path: string
  /** Over the socket, for cleaning up. */
  readonly engine: EngineApi
  readonly overSsh: InProcess
  readonly onSocket: InProcess
  /** Connections and logins that its SSH server has seen. */
  readonly seen: () => Promise<{ readonly connections: number; readonly logins: number }>
}

/** A container's socket through /proc: needs the engine on this machine, and root. */
const socketIn = async (outer: EngineApi, host: Host): Promise<string> => {
  const name = (await host.run("hostname")).output.trim()
  const found = await outer.call("GET", `/containers/${name}/json`)
  const state = typeof found === "object" && found !== null && "State" in found ? found.State : undefined
  const pid = typeof state === "object" && state !== null && "Pid" in state ? Number(state.Pid) : Number.NaN
  const path = `/proc/${pid}/root/run/docker.sock`
  if (!existsSync(path)) throw new Error(`${path}: the socket of the machine's engine cannot be seen from here`)
  return `unix://${path}`
}

export const openSshBed = async (outer: EngineApi, image: string): Promise<SshBed> => {
  const host = await startHost({ docker: true })
  const directory = mkdtempSync(join(tmpdir(), "windflow-bench-ssh-"))
  const [address, key, known] = [`deploy@${host.address}`, host.privateKey, host.knownHosts]
  const options = ["-i", key, "-o", "IdentitiesOnly=yes", "-o", `UserKnownHostsFile=${known}`, "-o", "BatchMode=yes"]
  const login = ["-T", ...options, "-p", String(host.port)]
  const forwarded = join(directory, "docker.sock")
  const tunnel = spawn("ssh", [...login, "-N", "-L", `${forwarded}:/var/run/docker.sock`, address], {
    stdio: ["ignore", "ignore", "inherit"],
  })
  const release = async () => {
    tunnel.kill()
    await host.remove()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    writeFileSync(join(directory, "ssh"), `#!/bin/sh\nexec /usr/bin/ssh ${options.join(" ")} "$@"\n`)
    chmodSync(join(directory, "ssh"), 0o755)
    await host.loadImage(image)
    await until("ssh -L", async () => existsSync(forwarded))
    const socket = await socketIn(outer, host)
    const engine = openEngine(socket)
    const overSsh = await openInProcess(host.url(), { identity: key, knownHosts: [known] })
    const onSocket = await openInProcess(socket)
    return {
      host,
      url: host.url(),
      socket,
      forwarded: `unix://${forwarded}`,
      login: [...login, address],
      path: directory,
      engine,
      overSsh,
      onSocket,
      seen: async () => {
        const log = await host.sshdLog()
        const times = (pattern: RegExp) => log.match(pattern)?.length ?? 0
        return { connections: times(/Connection from /g), logins: times(/Accepted \S+ for /g) }
      },
      [Symbol.asyncDispose]: async () => {
        engine.close()
        await overSsh[Symbol.asyncDispose]()
        await onSocket[Symbol.asyncDispose]()
        await release()
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}
