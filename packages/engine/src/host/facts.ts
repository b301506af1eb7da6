/** What kind of machine a host is: asked over SSH by argument lists, read as text. What cannot be found out is left out. */
import { Effect } from "effect"
import type { TargetType } from "../model/Target.ts"
import type { Disk, TargetFacts } from "../model/TargetReport.ts"
import type { SshHost } from "../transport/ssh/SshHost.ts"

/** `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"` of os-release. */
export const osName = (osRelease: string): string | undefined =>
  /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] || undefined

export const memoryBytes = (meminfo: string): number | undefined => {
  const kilobytes = /^MemTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

/** Of `df -Pk`: file systems on devices, each device once, and those mounted at `always` whatever they lie on. */
export const disksOf = (df: string, always: ReadonlyArray<string> = []): ReadonlyArray<Disk> => {
  const seen = new Set<string>()
  return df
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const found = /^(\S+)\s+(\d+)\s+\d+\s+(\d+)\s+\S+\s+(.+)$/.exec(line)
      if (found === null) return []
      const [, device, size, free, mount] = found
      const wanted = always.includes(mount!) || mount === "/" || device!.startsWith("/dev/")
      // Files below /etc are mounted one by one in containers.
      if (!wanted || seen.has(device!) || mount!.startsWith("/etc/")) return []
      seen.add(device!)
      return [{ mount: mount!, size: Number(size) * 1024, free: Number(free) * 1024 }]
    })
}

/** Which type of target a machine is; a container with an engine counts as what it stands for, a virtual machine. */
export const typeOf = ({ virtualisation }: TargetFacts): TargetType => (virtualisation === "none" ? "physical" : "vm")

const engineVersion = (name: string, text: string): { readonly name: string; readonly version: string } | undefined => {
  const version = /\d+\.\d+(\.\d+)?[\w.+-]*/.exec(text)?.[0]
  return version === undefined ? undefined : { name, version }
}

const engines = ["docker", "podman", "nerdctl", "k3s", "kubelet"] as const

/** Several short sessions at once on one connection; a host that lacks a program just says less. */
export const hostFacts = (host: SshHost): Effect.Effect<TargetFacts> =>
  Effect.gen(function* () {
    // One question that gets no answer leaves out its own fact, not all of them.
    const say = (...argv: ReadonlyArray<string>) =>
      Effect.match(host.run(argv), {
        onSuccess: ({ stdout }) => stdout.toString("utf8").trim(),
        onFailure: () => "",
      })
    const versions = engines.map((name) => Effect.map(say(name, "--version"), (text) => engineVersion(name, text)))
    const { os, uname, cpus, memory, df, virtualisation, hypervisors, found } = yield* Effect.all(
      {
        os: say("cat", "/etc/os-release"),
        uname: say("uname", "-rm"),
        cpus: say("nproc"),
        memory: say("cat", "/proc/meminfo"),
        df: say("df", "-Pk"),
        virtualisation: say("systemd-detect-virt"),
        // Where there is no systemd: processors of virtual machines say so.
        hypervisors: say("grep", "-c", "-m1", "^flags.* hypervisor", "/proc/cpuinfo"),
        // One after the other: with the six above they would be nearly all sessions that a stock sshd grants.
        found: Effect.all(versions),
      },
      { concurrency: 4 },
    )
    const [kernel, architecture] = uname.split(" ")
    const given = {
      os: osName(os),
      kernel: kernel || undefined,
      architecture: architecture || undefined,
      cpus: /^\d+$/.test(cpus) ? Number(cpus) : undefined,
      memory: memoryBytes(memory),
      virtualisation: virtualisation || { "0": "none", "1": "vm" }[hypervisors],
    }
    return {
      // Only keys that were found out: the type has them optional, not undefined.
      ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<
        Pick<TargetFacts, "os" | "kernel" | "architecture" | "cpus" | "memory" | "virtualisation">
      >),
      disks: disksOf(df),
      engines: found.filter((one) => one !== undefined),
    }
  })
