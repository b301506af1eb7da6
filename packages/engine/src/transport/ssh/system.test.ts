// The system's `ssh` as values: what it is told, and what its words mean. (OpenSSH 9's own words.)
import { describe, expect, test } from "vitest"
import { sshEndpointOf } from "./sshBed.ts"
import { keyQuestion, master, overMaster } from "./systemArguments.ts"
import { shownKey, systemFailure, usedMethod } from "./systemErrors.ts"

const files = { directory: "/run/user/1/windflow-ssh-x" }
const hop = { host: "box", port: 22 }
const line = "debug1: Server host key: ssh-ed25519 SHA256:abc"

describe("what it is told", () => {
  const args = (url: string, access = {}, choices = { batch: false }) =>
    master(sshEndpointOf(url), access, files, choices).join(" ")

  test("the engine's socket into a directory of ours, strictly, and nothing that the user did not say", () => {
    const plain = args("ssh://box")
    expect(plain).toContain("StrictHostKeyChecking=yes")
    expect(plain).toContain(`-L ${files.directory}/docker.sock:/var/run/docker.sock -- box`)
    for (const absent of ["-p", "-l", "-i", "-J", "UserKnownHostsFile", "BatchMode"])
      expect(plain).not.toContain(` ${absent}`)
  })

  test("a pinned key counts alone, whatever the host is called", () => {
    const pinned = args(
      "ssh://ada@box:2222?jump=first",
      { hostKey: "ssh-ed25519 AAAA", identity: "/k" },
      { batch: true },
    )
    expect(pinned).toContain(`UserKnownHostsFile=${files.directory}/known_hosts`)
    expect(pinned).toContain("GlobalKnownHostsFile=/dev/null -o HostKeyAlias=windflow-target")
    expect(pinned).toContain("-i /k -o IdentitiesOnly=yes")
    expect(pinned).toContain("BatchMode=yes")
    expect(pinned).toContain("-p 2222 -l ada -J first:22")
  })

  test("a question for a key offers no credential; a program makes no connection of its own", () => {
    const question = keyQuestion(sshEndpointOf("ssh://box"), {}, files, { batch: false }).join(" ")
    expect(question).toContain("PreferredAuthentications=none")
    expect(overMaster(sshEndpointOf("ssh://box"), files, "true")).toContain("ProxyCommand=false")
  })
})

describe("what its words mean", () => {
  test.each([
    ["ssh: Could not resolve hostname box: Name or service not known", { _tag: "HostUnreachable", reason: "name" }],
    ["ssh: connect to host box port 22: Connection refused", { _tag: "HostUnreachable", reason: "refused" }],
    ["ssh: connect to host box port 22: Connection timed out", { _tag: "HostUnreachable", reason: "timeout" }],
    ["kex_exchange_identification: read: Connection reset by peer", { _tag: "HostUnreachable", reason: "closed" }],
    [
      "Unable to negotiate with 1.2.3.4 port 22: no matching host key type found. Their offer: ssh-dss",
      { _tag: "HostUnreachable", reason: "protocol" },
    ],
    [
      "ada@box: Permission denied (publickey,password).",
      { _tag: "LoginRefused", user: "ada", accepted: "publickey, password" },
    ],
    [
      `${line}\n@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.`,
      { _tag: "HostKeyMismatch", actual: "SHA256:abc" },
    ],
    [
      `${line}\nNo ED25519 host key is known for box and you have requested strict checking.\nHost key verification failed.`,
      { _tag: "HostKeyUnknown", fingerprint: "SHA256:abc", key: "ssh-ed25519 AAAA" },
    ],
    [
      `${line}\n@       WARNING: REVOKED HOST KEY DETECTED!               @\nHost key verification failed.`,
      { _tag: "HostKeyMismatch" },
    ],
    ["debug1: chatter\nsomething new", { _tag: "HostUnreachable", reason: "other", detail: "something new" }],
    ["", { _tag: "HostUnreachable", reason: "other" }],
  ])("%s", (said, expected) => {
    expect(systemFailure(hop, "ada", said, "ssh-ed25519 AAAA")).toMatchObject(expected)
  })

  test("the last machine's key and login count, not those on the way", () => {
    const said = `${line}1\ndebug1: Authenticated to first ([1.1.1.1]:22) using "password".\n${line}2\ndebug1: Authenticated to box (via proxy) using "publickey".`
    expect(shownKey(said)).toEqual({ type: "ssh-ed25519", fingerprint: "SHA256:abc2" })
    expect(usedMethod(said)).toBe("publickey")
    expect([shownKey(""), usedMethod("")]).toEqual([undefined, undefined])
  })
})
