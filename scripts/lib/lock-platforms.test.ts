import { expect, it } from "vitest"
import { completePlatforms, platformOf } from "./lock-platforms.ts"

it("reads the platform from the package's name", () => {
  expect(platformOf("@oxfmt/binding-linux-arm64-musl")).toEqual({ os: ["linux"], cpu: ["arm64"], libc: ["musl"] })
  expect(platformOf("@oxlint/binding-linux-x64-gnu")).toEqual({ os: ["linux"], cpu: ["x64"], libc: ["glibc"] })
  expect(platformOf("@turbo/windows-64")).toEqual({ os: ["win32"], cpu: ["x64"] })
  expect(platformOf("cpu-features")).toBeUndefined()
})

it("adds what is missing, once, as optional, and leaves a complete lock alone", () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      "node_modules/turbo": {
        version: "2.0.0",
        dev: true,
        optionalDependencies: { "@turbo/linux-64": "2.0.0", "@turbo/darwin-arm64": "2.0.0" },
      },
      "node_modules/@turbo/linux-64": { version: "2.0.0", dev: true, optional: true, integrity: "sha512-x" },
      "node_modules/ssh2": { version: "1.0.0", optionalDependencies: { nan: "^2.0.0" } },
    },
  }
  const complete = completePlatforms(lock)
  expect(complete.packages).toMatchObject({
    "node_modules/@turbo/darwin-arm64": { version: "2.0.0", os: ["darwin"], cpu: ["arm64"], dev: true, optional: true },
    "node_modules/@turbo/linux-64": { integrity: "sha512-x" },
  })
  expect(Object.keys(complete.packages)).toHaveLength(4)
  expect(completePlatforms(complete)).toBe(complete)
})

it("gives an inner copy of another version its own place, and knows the WebAssembly variant", () => {
  const lock = {
    packages: {
      "node_modules/vite/node_modules/rolldown": {
        version: "1.2.0",
        optionalDependencies: { "@r/binding-darwin-x64": "1.2.0" },
      },
      "node_modules/rolldown": {
        version: "1.3.0",
        optionalDependencies: { "@r/binding-darwin-x64": "1.3.0", "@r/binding-wasm32-wasi": "1.3.0" },
      },
    },
  }
  const { packages } = completePlatforms(lock)
  expect(packages).toMatchObject({
    "node_modules/@r/binding-darwin-x64": { version: "1.3.0" },
    "node_modules/@r/binding-wasm32-wasi": { version: "1.3.0", cpu: ["wasm32"] },
    "node_modules/vite/node_modules/rolldown/node_modules/@r/binding-darwin-x64": { version: "1.2.0" },
  })
  expect(completePlatforms({ packages }).packages).toBe(packages)
})
