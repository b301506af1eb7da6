/** What the comparison takes out, and that it takes out nothing else. */
import { expect, test } from "vitest"
import { comparable, differences, type Known } from "./comparable.ts"

const id = "a".repeat(64)
const known: Known = {
  ids: new Map([[id, "<web>"]]),
  text: 'ports: ["127.0.0.1:8080:80", "9000-9010:90"] ipv4_address: 10.1.2.3 mac_address: 02:42:ac:11:00:02',
}

test("ids that are known have names, 64 other hex digits are anonymous volumes, hashes stay", () => {
  expect(comparable({ NetworkMode: `container:${id}`, Hostname: id.slice(0, 12) }, known)).toEqual({
    NetworkMode: "container:<web>",
    Hostname: "<web>",
  })
  expect(comparable({ Name: "b".repeat(64) }, known)).toEqual({ Name: "<anonymous>" })
  const labels = { "com.docker.compose.config-hash": "b".repeat(64), "windflow.fields": "{}" }
  expect(comparable(labels, known)).toEqual({ "com.docker.compose.config-hash": "b".repeat(64) })
})

test("an address, a prefix length and a MAC count when the file names them", () => {
  expect(comparable({ IPAddress: "10.1.2.3", IPPrefixLen: 24 }, known)).toEqual({
    IPAddress: "10.1.2.3",
    IPPrefixLen: 24,
  })
  expect(comparable({ IPAddress: "172.18.0.2", IPPrefixLen: 16 }, known)).toEqual({
    IPAddress: "<address>",
    IPPrefixLen: "<address>",
  })
  expect(comparable(["02:42:ac:11:00:02", "02:42:ac:11:00:03", "0.0.0.0", "fd00::5"], known)).toEqual([
    "02:42:ac:11:00:02",
    "<mac>",
    "0.0.0.0",
    "<address>",
  ])
})

test("a host port counts as it was asked for; what the engine chose counts only when there was no choice", () => {
  const bindings = (port: string) => ({ "80/tcp": [{ HostIp: "127.0.0.1", HostPort: port }] })
  expect(comparable({ HostConfig: { PortBindings: bindings("9000-9010") } }, known)).toEqual({
    HostConfig: { PortBindings: bindings("9000-9010") },
  })
  for (const [port, shown] of [
    ["8080", "8080"],
    ["9000", "<port>"],
    ["49152", "<port>"],
  ] as const)
    expect(comparable({ NetworkSettings: { Ports: bindings(port) } }, known)).toEqual({
      NetworkSettings: { Ports: bindings(shown) },
    })
})

test("only lists in random order are sorted", () => {
  expect(comparable({ Env: ["B=2", "A=1"], Cmd: ["b", "a"], Dns: ["9.9.9.9"] }, { ...known, text: "9.9.9.9" })).toEqual(
    {
      Env: ["A=1", "B=2"],
      Cmd: ["b", "a"],
      Dns: ["9.9.9.9"],
    },
  )
  expect(comparable({ "com.docker.compose.depends_on": "b:x:false,a:x:false" }, known)).toEqual({
    "com.docker.compose.depends_on": "a:x:false,b:x:false",
  })
})

test("differences are told by their path; null and absent are two things", () => {
  expect(differences({ a: { b: 1, c: [1, 2] }, d: null }, { a: { b: 2, c: [2, 1] } })).toEqual([
    { path: "a.b", theirs: 1, ours: 2 },
    { path: "a.c", theirs: [1, 2], ours: [2, 1] },
    { path: "d", theirs: null, ours: undefined },
  ])
  expect(differences({ a: [{ b: 1, c: 2 }] }, { a: [{ c: 2, b: 1 }] })).toEqual([])
})
