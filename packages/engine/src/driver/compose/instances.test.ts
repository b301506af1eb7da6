// What a container list says, as the contract has it: in an order that does not hang on the engine's chance.
import { expect, test } from "vitest"
import { portsOf } from "./instances.ts"

test("ports are sorted by their number in the container, then by address, published port and protocol", () => {
  const ports = [
    { IP: "127.0.0.1", PrivatePort: 80, PublicPort: 8081, Type: "tcp" },
    { IP: "127.0.0.1", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
    { PrivatePort: 53, Type: "udp" },
    { PrivatePort: 53, Type: "tcp" },
    { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 9000, Type: "tcp" },
  ]
  const told = (order: typeof ports) =>
    portsOf({ Ports: order }).map(({ hostIp, published, target, protocol }) =>
      [hostIp, published, target, protocol].join(" ").trim(),
    )
  const sorted = ["53 tcp", "53 udp", "0.0.0.0 9000 80 tcp", "127.0.0.1 8080 80 tcp", "127.0.0.1 8081 80 tcp"]
  expect(told(ports)).toEqual(sorted)
  expect(told(ports.toReversed())).toEqual(sorted)
})
