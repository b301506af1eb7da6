import { assert, it } from "@effect/vitest"
import { checkPackages } from "./check-packages.ts"

// Packs, installs and compiles: minutes on a busy machine.
it("publishes packages that install, type-check and run elsewhere", { timeout: 600_000 }, async () => {
  const said: Array<string> = []
  await checkPackages((line) => said.push(line))
  console.log(said.join("\n"))
  for (const name of ["@windflow/engine", "@windflow/sdk", "@windflow/cli"])
    assert.match(said.join("\n"), new RegExp(`^${name}: `, "m"))
})
