// Machines reached by SSH: an SSH server and, when asked for, a Docker engine of its own, in one privileged container.
import { randomBytes } from "node:crypto"
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { docker, runtimeClient } from "../docker.ts"
import { exportImage } from "../images.ts"
import { run } from "../process.ts"
import { session } from "../reaper.ts"
import { hostImage } from "./host-image.ts"
import { type Ran, runInside } from "./run-inside.ts"

export interface HostOptions {
  /** With an engine. */
  readonly docker: boolean
  /** Without an engine, but able to run one that is installed later: in `disk` bytes. */
  readonly engineLater?: boolean
  /** Lines of sshd_config: `AllowStreamLocalForwarding no`, `MaxSessions 2`. */
  readonly sshd?: ReadonlyArray<string>
  /** Users may log in with the host's password too. */
  readonly passwords?: boolean
  /** Bytes that the engine's directory may hold. Default: what the disk has. */
  readonly disk?: number
}

/** `deploy` has sudo and, where there is an engine, its group; `plain` has neither; `root` is root. */
export type HostUser = "root" | "deploy" | "plain"

export interface Host {
  /** Where its SSH server answers this process. */
  readonly address: string
  readonly port: number
  readonly url: (user?: HostUser) => string
  /** A directory with the private key `key`, its encrypted twin `key-encrypted`, and `known_hosts`. */
  readonly directory: string
  readonly privateKey: string
  readonly encryptedKey: string
  readonly passphrase: string
  readonly password: string
  readonly knownHosts: string
  /** Its key as a line: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string
  /** In the machine, as root, not by SSH. */
  readonly run: (...argv: ReadonlyArray<string>) => Promise<Ran>
  /** What its SSH server has logged so far. */
  readonly sshdLog: () => Promise<string>
  readonly sshd: { readonly stop: () => Promise<void>; readonly start: () => Promise<void> }
  readonly dockerd: { readonly stop: () => Promise<void>; readonly start: () => Promise<void> }
  /** Another host key, as after a new installation. */
  readonly changeHostKey: () => Promise<void>
  /** Leaves no room on the disk of the engine (`disk` must be set), and gives it back. */
  readonly fillDisk: () => Promise<() => Promise<void>>
  /** Gives its engine an image of ours. */
  readonly loadImage: (image: string) => Promise<void>
  readonly remove: () => Promise<void>
}

const patience = 60_000

/** Asks until the answer is yes. */
export const until = async (what: string, ask: () => Promise<boolean>, within = patience): Promise<void> => {
  const deadline = Date.now() + within
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${within / 1000} s`)
    await pause(50)
  }
}

/** Whether a port takes connections from here: where the engine's ports are published is a matter of where it runs. */
const connects = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 })
    const done = (well: boolean) => {
      resolve(well)
      socket.destroy()
    }
    socket
      .once("connect", () => done(true))
      .once("error", () => done(false))
      .once("timeout", () => done(false))
  })

const passphrase = "a passphrase of tests"

/** Keys of this host alone, in a directory that only this user may read; gives the public one. */
const makeKeys = async (directory: string): Promise<string> => {
  const [key, encrypted] = [join(directory, "key"), join(directory, "key-encrypted")]
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "windflow-test", "-f", key])
  await copyFile(key, encrypted)
  await run("ssh-keygen", ["-q", "-p", "-P", "", "-N", passphrase, "-f", encrypted])
  return (await readFile(`${key}.pub`, "utf8")).trim()
}

/** Starts one; its container carries the session's labels. Removed by `remove`, or by the reaper when this process dies. */
export const startHost = async (options: HostOptions): Promise<Host> => {
  const [image, engine, { labels }] = [await hostImage(options.docker), await docker(), await session()]
  const directory = await mkdtemp(join(tmpdir(), "windflow-host-"))
  const authorized = await makeKeys(directory)
  const password = randomBytes(12).toString("hex")
  // Of its own: what runs in the machine meets nothing else.
  const network = await engine.createNetwork({
    Name: `windflow-host-${randomBytes(6).toString("hex")}`,
    Labels: { ...labels },
  })
  const hostConfig = {
    Privileged: options.docker || options.engineLater === true,
    // The types of dockerode do not know it; an object that stands alone may have it.
    CgroupnsMode: "private",
    Tmpfs: {
      "/run": "",
      "/tmp": "",
      ...(options.disk === undefined ? {} : { "/var/lib/docker": `size=${options.disk}` }),
    },
    PortBindings: { "22/tcp": [{ HostPort: "" }] },
    NetworkMode: network.id,
  }
  const container = await engine.createContainer({
    Image: image,
    Labels: { ...labels },
    Env: [
      `AUTHORIZED_KEY=${authorized}`,
      `SSHD_CONFIG=${[...(options.sshd ?? []), `PasswordAuthentication ${options.passwords === true ? "yes" : "no"}`].join("\n")}`,
      ...(options.passwords === true ? [`PASSWORD=${password}`] : []),
    ],
    ExposedPorts: { "22/tcp": {} },
    HostConfig: hostConfig,
  })

  const inside = (...argv: ReadonlyArray<string>): Promise<Ran> => runInside(engine, container, argv)
  const must = async (...argv: ReadonlyArray<string>): Promise<string> => {
    const { exitCode, output } = await inside(...argv)
    if (exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${exitCode}: ${output.trim()}`)
    return output
  }
  const verb = async (name: string): Promise<void> => void (await must("bash", "/host.sh", name))
  const remove = async (): Promise<void> => {
    await container.remove({ force: true, v: true })
    await network.remove()
    await rm(directory, { recursive: true, force: true })
  }

  const answers = async (): Promise<boolean> =>
    (await inside("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/22")).exitCode === 0
  const engineAnswers = async (): Promise<boolean> => (await inside("docker", "version")).exitCode === 0
  const hostKeyLine = async (): Promise<string> =>
    (await must("cat", "/etc/ssh/ssh_host_ed25519_key.pub")).split(" ").slice(0, 2).join(" ").trim()

  try {
    await container.start()
    await until("the SSH server of a host", answers)
    if (options.docker) await until("the engine of a host", engineAnswers)
    const { NetworkSettings } = await container.inspect()
    const published = NetworkSettings.Ports["22/tcp"]?.[0]?.HostPort
    if (published === undefined) throw new Error("the host's SSH port is not published")
    const port = Number(published)
    const { host } = (await runtimeClient()).info.containerRuntime
    const address = (await connects("127.0.0.1", port)) ? "127.0.0.1" : host
    const hostKey = await hostKeyLine()
    const knownHosts = join(directory, "known_hosts")
    await writeFile(knownHosts, `[${address}]:${port} ${hostKey}\n`)

    return {
      address,
      port,
      url: (user = "deploy") => `ssh://${user}@${address}:${port}`,
      directory,
      privateKey: join(directory, "key"),
      encryptedKey: join(directory, "key-encrypted"),
      passphrase,
      password,
      knownHosts,
      hostKey,
      run: inside,
      sshdLog: () => must("cat", "/var/log/sshd.log"),
      sshd: {
        stop: () => verb("sshd-stop"),
        start: async () => {
          await verb("sshd-start")
          await until("the SSH server", answers)
        },
      },
      dockerd: {
        stop: () => verb("dockerd-stop"),
        start: async () => {
          await verb("dockerd-start")
          await until("the engine", engineAnswers)
        },
      },
      changeHostKey: async () => {
        await must(
          "bash",
          "-c",
          "rm /etc/ssh/ssh_host_* && ssh-keygen -A && bash /host.sh sshd-stop && bash /host.sh sshd-start",
        )
        await until("the SSH server", answers)
      },
      fillDisk: async () => {
        // Ends with "no space left", which is its purpose.
        await inside("dd", "if=/dev/zero", "of=/var/lib/docker/full", "bs=1M")
        return async () => void (await must("rm", "/var/lib/docker/full"))
      },
      loadImage: async (name) => {
        const file = join(directory, "image.tar")
        await exportImage(name, file)
        const tar = join(directory, "image-in.tar")
        await run("tar", ["-C", directory, "-cf", tar, "image.tar"])
        await container.putArchive(tar, { path: "/root" })
        await must("docker", "load", "-i", "/root/image.tar")
        await must("rm", "/root/image.tar")
        await Promise.all([rm(file), rm(tar)])
      },
      remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}
