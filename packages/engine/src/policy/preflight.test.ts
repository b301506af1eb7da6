import { expect, test } from "vitest"
import { findingsOf, leastFreeBytes, type PreflightFacts } from "./preflight.ts"

const facts: PreflightFacts = {
  wanted: [],
  held: [],
  images: [],
  missingImages: [],
  secrets: [],
  refusedImages: [],
}
const checks = (over: Partial<PreflightFacts>) => findingsOf({ ...facts, ...over }).map(({ check }) => check)
const tcp = (ip: string, port: number) => ({ ip, port, protocol: "tcp" })

test("nothing known, nothing found", () => expect(findingsOf(facts)).toEqual([]))

test.each([
  ["the same", "127.0.0.1", "127.0.0.1", ["port"]],
  ["every address holds one", "0.0.0.0", "127.0.0.1", ["port"]],
  ["one holds every address", "127.0.0.1", "", ["port"]],
  ["two addresses", "127.0.0.1", "127.0.0.2", []],
])("ports: %s", (_, held, wanted, found) => {
  const holder = { ...tcp(held, 80), holder: "other" }
  expect(checks({ held: [holder], wanted: [{ ...tcp(wanted, 80), service: "web" }] })).toEqual(found)
  expect(checks({ held: [holder], wanted: [{ ...tcp(wanted, 81), service: "web" }] })).toEqual([])
  expect(checks({ held: [holder], wanted: [{ ...tcp(wanted, 80), protocol: "udp", service: "web" }] })).toEqual([])
})

test("a port is told with its service and its holder", () => {
  const wanted = [{ ...tcp("127.0.0.1", 80), service: "web" }]
  expect(findingsOf({ ...facts, wanted, held: [{ ...tcp("", 80), holder: "other" }] })).toEqual([
    { check: "port", service: "web", what: "127.0.0.1:80/tcp", detail: "other" },
  ])
})

test.each([
  ["the engine's", "amd64", false, []],
  ["its 32 bits", "386", false, []],
  ["another", "arm64", false, ["platform"]],
  ["another, and the file says so", "arm64", true, []],
  ["an image that says nothing", "", false, []],
])("platforms: %s", (_, architecture, chosen, found) => {
  const image = { service: "web", reference: "img", os: "linux", architecture, chosen }
  expect(checks({ images: [image], engine: { os: "linux", architecture: "amd64" } })).toEqual(found)
  expect(checks({ images: [image] })).toEqual([])
})

test("disk, images and secrets of a revision, registries", () => {
  expect(checks({ disk: { path: "/d", freeBytes: leastFreeBytes } })).toEqual([])
  expect(findingsOf({ ...facts, disk: { path: "/d", freeBytes: leastFreeBytes - 1 } })).toEqual([
    { check: "disk", what: "/d", detail: "63 MiB" },
  ])
  expect(checks({ missingImages: [{ service: "web", reference: "img" }] })).toEqual(["image"])
  expect(checks({ refusedImages: [{ service: "web", reference: "img", why: "401" }] })).toEqual(["registry"])
  const secret = { service: "web", name: "key", wanted: "v1" }
  expect(checks({ secrets: [{ ...secret, present: "v1" }] })).toEqual([])
  expect(findingsOf({ ...facts, secrets: [{ ...secret, present: "v2" }, secret] }).map(({ detail }) => detail)).toEqual(
    ["it was changed", "it was removed"],
  )
})
