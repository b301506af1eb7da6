/** What `windflow plan` prints. */
import type { Plan } from "@windflow/engine/plan"
import { describe, expect, it } from "vitest"
import { textsOf } from "../text/index.ts"
import { palette } from "./palette.ts"
import { deletedData, renderPlan } from "./plan.ts"

const group = (
  kind: Plan["groups"][number]["kind"],
  resource: string,
  cause: string,
  fields: Plan["groups"][number]["fields"] = [],
) => ({
  id: `${kind}:${resource}`,
  kind,
  resource,
  cause,
  fields,
  needs: [],
  operations: [`${resource}/x`],
})

const plan: Plan = {
  format: 1,
  deployment: "shop@local",
  project: "shop",
  target: { name: "local", type: "docker", driver: "compose", endpoints: ["unix:///var/run/docker.sock"] },
  driver: "compose",
  intent: "up",
  snapshot: "s",
  hash: "h",
  changes: 3,
  groups: [
    group("create", "network:default", "no network"),
    group("replace", "service:web:1", "image changed", [
      { path: "image", before: "shop/web:1.3", after: "shop/web:1.4" },
      { path: "environment.DEBUG", after: "***" },
    ]),
    group("delete", "volume:old", "no longer declared"),
    group("wait", "service:web", "healthy"),
    group("none", "service:db:1", "unchanged"),
  ],
  operations: [],
  warnings: ["service cache has no healthcheck"],
  desired: {},
}
const plain = palette(false)

describe("renderPlan", () => {
  it("names kind, resource, cause and changed fields, and leaves out what stays", () => {
    expect(`\n${renderPlan(plan, textsOf("en"), plain)}\n`).toMatchInlineSnapshot(`
      "
      shop@local: 3 changes
        + create  network:default  no network
        ± replace service:web:1  image changed
            image: shop/web:1.3 → shop/web:1.4
            environment.DEBUG: (none) → ***
        - delete  volume:old  no longer declared
        ! service cache has no healthcheck
      "
    `)
  })

  it("speaks French", () => {
    expect(`\n${renderPlan(plan, textsOf("fr"), plain)}\n`).toMatchInlineSnapshot(`
      "
      shop@local : 3 changements
        + créer     network:default  pas de réseau
        ± remplacer service:web:1  image modifiée
            image: shop/web:1.3 → shop/web:1.4
            environment.DEBUG: (rien) → ***
        - supprimer volume:old  no longer declared
        ! service cache has no healthcheck
      "
    `)
  })

  it("says that nothing is to be done", () => {
    const quiet = {
      ...plan,
      groups: plan.groups.filter(({ kind }) => kind === "none" || kind === "wait"),
      warnings: [],
    }
    expect(renderPlan(quiet, textsOf("en"), plain)).toBe("shop@local is up to date: nothing to do.")
    expect(renderPlan(quiet, textsOf("fr"), plain)).toBe("shop@local est à jour : rien à faire.")
  })

  it("colours by meaning when asked", () => {
    expect(renderPlan(plan, textsOf("en"), palette(true))).toContain("\u001B[32m+ create")
  })
})

describe("deletedData", () => {
  it("finds volumes that lose their data, and nothing else", () => {
    expect(deletedData(plan)).toEqual(["old"])
    expect(deletedData({ groups: plan.groups.filter(({ kind }) => kind !== "delete") })).toEqual([])
  })
})
