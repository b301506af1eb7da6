import { expect, it } from "vitest"
import { addresses, headline } from "./page.ts"

it("finds the published TCP ports of a stack", () => {
  const web = {
    ports: [
      { target: 80, published: "8080", protocol: "tcp" },
      { target: 81 },
      { target: 53, published: "53", protocol: "udp" },
    ],
  }
  const api = { ports: [{ target: 90, published: 9090, host_ip: "127.0.0.1" }] }
  const wide = { ports: [{ target: 1, published: "1000", host_ip: "0.0.0.0" }] }
  expect(addresses({ services: { web, api, wide, db: {} } })).toEqual([
    "http://localhost:8080/",
    "http://127.0.0.1:9090/",
    "http://localhost:1000/",
  ])
  expect(addresses({})).toEqual([])
})

it("a page is named by its title, else by its first line", () => {
  expect(headline("<!doctype html>\n<html><title> Guest book </title>")).toBe("Guest book")
  expect(headline("hello\nworld")).toBe("hello")
  expect(headline("")).toBe("")
})
