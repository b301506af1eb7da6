// Pull policies and the flags over them, as Docker Compose 5.5.0 decides them.
import { describe, expect, test } from "vitest"
import type { Service } from "../../model/StackModel.ts"
import { asksForAge, imageNeed, pullNeed, readPullPolicy } from "./imagePolicy.ts"
import { satisfies } from "./localImages.ts"

const service = (over: Partial<Service>): Service => ({ command: null, entrypoint: null, ...over })
const image = { image: "shop/web:1" }
const build = { build: { context: "." } }
const both = { ...image, ...build }
const usual = { pull: "policy", build: "missing" } as const
const here = { id: "sha256:1", namedAt: 1_000_000 }

test.each([
  [undefined, { _tag: "missing" }],
  ["if_not_present", { _tag: "missing" }],
  ["always", { _tag: "always" }],
  ["never", { _tag: "never" }],
  ["build", { _tag: "build" }],
  ["daily", { _tag: "refresh", milliseconds: 86_400_000 }],
  ["weekly", { _tag: "refresh", milliseconds: 604_800_000 }],
  ["every_12h", { _tag: "refresh", milliseconds: 43_200_000 }],
  ["every_1w2d", { _tag: "refresh", milliseconds: 777_600_000 }],
  ["every_", undefined],
  ["sometimes", undefined],
])("policy %s", (text, policy) => {
  expect(readPullPolicy(text)).toEqual(policy)
})

describe("what an up does", () => {
  test.each([
    ["an image that is there", image, here, usual, false, "no"],
    ["a missing image", image, undefined, usual, true, "no"],
    ["a missing image to build", build, undefined, usual, false, "missing"],
    ["a missing image that can be pulled or built: the pull comes first", both, undefined, usual, true, "missing"],
    ["policy always", { ...image, pull_policy: "always" }, here, usual, true, "no"],
    [
      "policy always, buildable: built when the pull fails",
      { ...both, pull_policy: "always" },
      here,
      usual,
      true,
      "missing",
    ],
    ["policy never", { ...image, pull_policy: "never" }, undefined, usual, false, "no"],
    ["policy never is about pulls, not builds", { ...both, pull_policy: "never" }, undefined, usual, false, "missing"],
    ["policy build", { ...both, pull_policy: "build" }, here, usual, false, "always"],
    ["--build", both, here, { ...usual, build: "always" as const }, false, "always"],
    ["--build --pull always", both, here, { pull: "always", build: "always" } as const, false, "always"],
    [
      "--build says nothing of images that are only pulled",
      image,
      here,
      { ...usual, build: "always" as const },
      false,
      "no",
    ],
    ["--pull always", image, here, { ...usual, pull: "always" as const }, true, "no"],
    [
      "--pull always, an image without a name of its own",
      build,
      here,
      { ...usual, pull: "always" as const },
      false,
      "missing",
    ],
    [
      "--pull missing over policy always",
      { ...image, pull_policy: "always" },
      here,
      { ...usual, pull: "missing" as const },
      false,
      "no",
    ],
    ["--no-build", both, undefined, { ...usual, build: "never" as const }, true, "no"],
  ] as const)("%s", (_, model, local, options, pull, builds) => {
    expect(imageNeed(service(model), local, options)).toEqual({ pull, build: builds })
  })

  test.each([
    ["within the window", 1_000_000 + 86_400_000, false],
    ["the window is over", 1_000_001 + 86_400_000, true],
  ])("policy daily: %s", (_, now, pull) => {
    const daily = service({ ...image, pull_policy: "daily" })
    expect(asksForAge(daily, usual)).toBe(true)
    expect(imageNeed(daily, here, usual, now).pull).toBe(pull)
    expect(imageNeed(daily, undefined, usual, 0).pull).toBe(true)
  })
})

describe("what an explicit pull does", () => {
  const asked = { policy: "policy", skipBuildable: false } as const
  test.each([
    ["no policy: always looked at again", image, true, asked, "pull"],
    ["no image", build, false, asked, "no-image"],
    ["missing, and there", { ...image, pull_policy: "missing" }, true, asked, "present"],
    ["missing, and not there", { ...image, pull_policy: "missing" }, false, asked, "pull"],
    ["latest moves", { image: "shop/web", pull_policy: "missing" }, true, asked, "pull"],
    ["a registry with a port is no tag", { image: "host:5000/web", pull_policy: "missing" }, true, asked, "pull"],
    ["a digest never moves", { image: "web@sha256:00", pull_policy: "missing" }, true, asked, "present"],
    ["a window counts as over", { ...image, pull_policy: "daily" }, true, asked, "pull"],
    ["never", { ...image, pull_policy: "never" }, false, asked, "policy"],
    ["build", { ...both, pull_policy: "build" }, false, asked, "policy"],
    ["--ignore-buildable", both, false, { ...asked, skipBuildable: true }, "buildable"],
    ["--policy missing", { ...image, pull_policy: "always" }, true, { ...asked, policy: "missing" }, "present"],
  ] as const)("%s", (_, model, present, options, need) => {
    expect(pullNeed(service(model), present, options)).toBe(need)
  })
})

test.each([
  ["linux/amd64", "amd64", "", true],
  ["amd64", "amd64", "", true],
  ["x86_64", "amd64", "", true],
  ["linux", "arm64", "", true],
  ["linux/arm64", "amd64", "", false],
  ["linux/arm64/v8", "arm64", "", true],
  ["linux/arm/v6", "arm", "v7", false],
  ["windows/amd64", "amd64", "", false],
])("platform %s and an image for %s%s: %s", (platform, Architecture, Variant, fits) => {
  expect(satisfies({ Id: "sha256:1", Os: "linux", Architecture, Variant }, platform)).toBe(fits)
})
