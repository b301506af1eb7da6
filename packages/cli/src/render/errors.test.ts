/** How a failure reads: what, where with the source line, what to do. */
import { ComposeInvalid, errorTable, ImageMissing, Locked } from "@windflow/engine/model"
import { describe, expect, it } from "vitest"
import { renderError } from "./errors.ts"
import { palette } from "./palette.ts"

const colors = palette(false)
const source = ["services:", "  web:", "\t\timagee: nginx"]
const read = (file: string) => (file === "compose.yaml" ? source : undefined)

describe("renderError", () => {
  it("shows each finding with its place, the line, and a caret under the column", () => {
    const error = new ComposeInvalid({
      diagnostics: [
        {
          severity: "error",
          code: "unknown-key",
          message: "unknown key imagee",
          expected: "image",
          place: { file: "compose.yaml", line: 3, column: 3 },
          path: "services.web.imagee",
        },
      ],
    })
    expect(`\n${renderError(error, "en", colors, read)}\n`).toMatchInlineSnapshot(`
      "
      error: compose.yaml:3:3 unknown key imagee (expected image)
        3 │ 		imagee: nginx
          │ 		^
      what to do: Correct the file and run the command again; nothing was changed.
      "
    `)
    expect(`\n${renderError(error, "fr", colors, read)}\n`).toMatchInlineSnapshot(`
      "
      erreur: compose.yaml:3:3 unknown key imagee (attendu : image)
        3 │ 		imagee: nginx
          │ 		^
      que faire: Corrigez le fichier et relancez la commande ; rien n’a été modifié.
      "
    `)
  })

  it("shows the place of a failure at the target", () => {
    const error = new ImageMissing({
      image: "shop/web:9",
      service: "web",
      detail: "not found",
      place: { file: "compose.yaml", line: 2, column: 3 },
    })
    expect(`\n${renderError(error, "en", colors, read)}\n`).toMatchInlineSnapshot(`
      "
      error: Image shop/web:9 of service web is not on the engine and cannot be pulled: not found
        at compose.yaml:2:3
        2 │   web:
          │   ^
      what to do: Check the image's name and tag, log in to its registry, or build or load it on the target.
      "
    `)
  })

  it("does without the source line when the file is gone", () => {
    const error = new ImageMissing({
      image: "a",
      service: "web",
      detail: "d",
      place: { file: "gone.yaml", line: 2, column: 3 },
    })
    expect(renderError(error, "en", colors, read)).toContain("at gone.yaml:2:3")
  })

  it("needs no place", () => {
    const error = new Locked({ deployment: "shop@local", owner: "ada@host", since: "S", expires: "E" })
    expect(`\n${renderError(error, "fr", colors, read)}\n`).toMatchInlineSnapshot(`
      "
      erreur: shop@local est en cours de modification par ada@host depuis S
      que faire: Attendez la fin de cette exécution ; un verrou dont le propriétaire est mort expire à E.
      "
    `)
  })
})

describe("exit codes", () => {
  it("stand as documented, an error of every tag", () => {
    const rows = Object.entries(errorTable).map(([tag, row]) => [String(row.exit), tag] as const)
    const codes = Map.groupBy(rows, ([code]) => code)
    expect(new Map([...codes].map(([code, all]) => [code, all.map(([, tag]) => tag).join(" ")])))
      .toMatchInlineSnapshot(`
        Map {
          "3" => "ComposeInvalid Unsupported FileUnreadable FileUnwritable PlanUnreadable Usage ConfigInvalid SecretMissing VariableMissing",
          "5" => "EngineUnreachable NotAuthorised HostKeyMismatch HostKeyUnknown HostUnreachable LoginRefused",
          "1" => "EngineFailed ImageMissing BuildFailed PortInUse NameTaken Unhealthy ContainerExited PreconditionFailed KeyringFailed StateCorrupt StateUnavailable Internal",
          "4" => "ExternalMissing Locked LockLost PlanStale PreflightRefused PolicyDenied ConfirmationRequired DriverUnavailable DependencyMissing NotDeployed",
          "130" => "Cancelled",
          "124" => "DeadlineExceeded",
        }
      `)
  })
})
