/** Files of variables: their syntax, the caller's variables in them, and where one is wrong. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { environmentFile } from "./environmentFile.ts"

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "windflow-env-"))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const read = async (text: string) => {
  await writeFile(path.join(cwd, "a.env"), text)
  return environmentFile("a.env", { cwd, env: { HOST: "h" } })
}

it("is read as `.env` is", async () => {
  expect(await read(`# a comment\nA=1\nexport B="two words"\nC=\${HOST}-\${A}\n`)).toEqual({
    A: "1",
    B: "two words",
    C: "h-1",
  })
})

it("names the file that is not there, and the line that is wrong", async () => {
  await expect(environmentFile("no.env", { cwd, env: {} })).rejects.toMatchObject({
    _tag: "FileUnreadable",
    path: path.join(cwd, "no.env"),
  })
  await expect(read("A=1\nB=${C:?it is needed}\n")).rejects.toMatchObject({
    _tag: "Usage",
    subject: `${path.join(cwd, "a.env")}:2`,
  })
})
