import { expect, it } from "vitest"
import { rolesIn } from "./images-env.ts"

it("finds the roles a Compose file lets one replace, and no other", () => {
  const text =
    "services: { web: { image: ${PHP_IMAGE:-php:8.3-apache} }, db: { image: '${MARIADB_IMAGE:-mariadb:10.11}' }, x: { image: nginx } }"
  expect(rolesIn(text)).toEqual(["mariadb", "php"])
  expect(rolesIn("MY_PHP_IMAGES: 1")).toEqual([])
})
