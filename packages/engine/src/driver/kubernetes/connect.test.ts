import { Effect } from "effect"
import { expect, it } from "vitest"
import { connect } from "./connect.ts"

const failure = (...args: Parameters<typeof connect>) => Effect.runPromise(Effect.flip(connect(...args)))

it("names the package to install when the Kubernetes client is missing", async () => {
  const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" })
  const error = await failure({ endpoint: "kubernetes://" }, () => Promise.reject(missing))
  expect(error).toMatchObject({
    _tag: "DependencyMissing",
    package: "@kubernetes/client-node",
    install: "npm install @kubernetes/client-node",
  })
})

it("says which file cannot be read, and which address it does not understand", async () => {
  expect(await failure({ endpoint: "kubernetes://", kubeconfig: "/nowhere/config" })).toMatchObject({
    _tag: "ConfigInvalid",
    file: "/nowhere/config",
  })
  expect(await failure({ endpoint: "ssh://host" })).toMatchObject({ _tag: "Usage", subject: "ssh://host" })
})
