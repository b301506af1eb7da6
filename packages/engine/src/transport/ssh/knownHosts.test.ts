import { createHash, createHmac } from "node:crypto"
import { describe, expect, test } from "vitest"
import { fingerprint, isPin, judgeHostKey, keyLine, knownTypes, parseKnownHosts } from "./knownHosts.ts"

const keyOf = (type: string, seed: string): Buffer => {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  return Buffer.concat([field(Buffer.from(type)), field(createHash("sha256").update(seed).digest())])
}
const a = keyOf("ssh-ed25519", "a")
const b = keyOf("ssh-ed25519", "b")
const rsa = keyOf("ssh-rsa", "c")
const at = (host: string, port = 22) => ({ host, port })
const judge = (text: string, key: Buffer, host: string, port = 22) =>
  judgeHostKey(key, at(host, port), { entries: parseKnownHosts(text) })._tag

const hashed = (name: string, salt = Buffer.from("0123456789abcdefghij")): string =>
  `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`

describe("known_hosts", () => {
  test.each([
    ["the name", `box ${keyLine(a)}`, "box", 22, "Known"],
    ["case", `Box ${keyLine(a)}`, "bOX", 22, "Known"],
    ["a list, a comment behind, spaces", `  other,box   ${keyLine(a)} ada@home`, "box", 22, "Known"],
    ["patterns", `*.lan,web-? ${keyLine(a)}`, "db.lan", 22, "Known"],
    ["a dot is a dot", `a.b ${keyLine(a)}`, "axb", 22, "Unknown"],
    ["a refused name", `*.lan,!db.lan ${keyLine(a)}`, "db.lan", 22, "Unknown"],
    ["a port", `[box]:2222 ${keyLine(a)}`, "box", 2222, "Known"],
    ["a port is part of the name", `box ${keyLine(a)}`, "box", 2222, "Unknown"],
    ["the usual port is not", `[box]:2222 ${keyLine(a)}`, "box", 22, "Unknown"],
    ["a hashed name", `${hashed("box")} ${keyLine(a)}`, "box", 22, "Known"],
    ["a hashed name with its port", `${hashed("[box]:2222")} ${keyLine(a)}`, "box", 2222, "Known"],
    ["another hashed name", `${hashed("fox")} ${keyLine(a)}`, "box", 22, "Unknown"],
    ["a changed key", `box ${keyLine(b)}`, "box", 22, "Mismatch"],
    ["one of several keys", `box ${keyLine(b)}\nbox ${keyLine(a)}`, "box", 22, "Known"],
    // A server that shows a key of another type than the known one may be another server.
    ["another type than the known one", `box ${keyLine(rsa)}`, "box", 22, "Mismatch"],
    ["revoked", `@revoked * ${keyLine(a)}\nbox ${keyLine(a)}`, "box", 22, "Revoked"],
    ["revoked for another", `@revoked fox ${keyLine(a)}\nbox ${keyLine(a)}`, "box", 22, "Known"],
    ["only another one revoked", `@revoked box ${keyLine(b)}`, "box", 22, "Unknown"],
    ["an authority vouches for nothing", `@cert-authority box ${keyLine(a)}`, "box", 22, "Unknown"],
    ["lines that make no sense", `#box ${keyLine(a)}\nbox ssh-ed25519\nbox ssh-rsa AAAA\n\n`, "box", 22, "Unknown"],
    ["a type that is not the key's", `box ssh-rsa ${a.toString("base64")}`, "box", 22, "Unknown"],
    ["IPv6", `[fe80::1]:2222 ${keyLine(a)}`, "fe80::1", 2222, "Known"],
  ])("%s", (_, text, host, port, expected) => {
    expect(judge(text, a, host, port)).toBe(expected)
  })

  test("names the keys that were expected, and the types to ask for", () => {
    const entries = parseKnownHosts(`box ${keyLine(b)}\nbox ${keyLine(rsa)}\n@revoked box ${keyLine(a)}`)
    expect(judgeHostKey(keyOf("ssh-ed25519", "d"), at("box"), { entries })).toEqual({
      _tag: "Mismatch",
      expected: [fingerprint(b), fingerprint(rsa)],
    })
    expect(knownTypes({ entries }, at("box"))).toEqual(["ssh-ed25519", "ssh-rsa"])
  })
})

describe("a pinned key", () => {
  test.each([
    ["as a fingerprint", fingerprint(a), "Known"],
    ["as a key", keyLine(a), "Known"],
    ["another fingerprint", fingerprint(b), "Mismatch"],
    ["another key", keyLine(b), "Mismatch"],
    ["nonsense", "nonsense", "Mismatch"],
  ])("%s", (_, pinned, expected) => {
    // What files say does not count besides it.
    for (const text of ["", `box ${keyLine(a)}`])
      expect(judgeHostKey(a, at("box"), { entries: parseKnownHosts(text), pinned })._tag).toBe(expected)
  })

  test("a revoked key stays revoked", () => {
    const entries = parseKnownHosts(`@revoked box ${keyLine(a)}`)
    expect(judgeHostKey(a, at("box"), { entries, pinned: keyLine(a) })._tag).toBe("Revoked")
  })

  test("what can be pinned", () => {
    expect([fingerprint(a), keyLine(a)].map(isPin)).toEqual([true, true])
    expect(["", "SHA256:short", "MD5:00:11", "ssh-ed25519", "ssh-rsa " + a.toString("base64")].map(isPin)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
