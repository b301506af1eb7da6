import { describe, expect, test } from "vitest"
import { disksOf, memoryBytes, osName, typeOf } from "./facts.ts"

describe("what a host says of itself", () => {
  test("its system", () => {
    expect(osName('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')).toBe("Debian GNU/Linux 12 (bookworm)")
    expect(osName("PRETTY_NAME=Alpine\n")).toBe("Alpine")
    expect(osName("")).toBeUndefined()
  })

  test("its memory", () => {
    expect(memoryBytes("MemTotal:        2048 kB\nMemFree: 1 kB\n")).toBe(2 << 20)
    expect(memoryBytes("nonsense")).toBeUndefined()
  })

  test("its disks: devices once, nothing in memory, a mount that was asked for", () => {
    const df = `Filesystem 1024-blocks Used Available Capacity Mounted on
overlay 100 50 50 50% /
tmpfs 10 0 10 0% /run
/dev/sda1 200 100 100 50% /var/lib/my docker
/dev/sda1 200 100 100 50% /etc/hosts
/dev/sdb1 400 100 300 25% /data
/dev/sdb1 400 100 300 25% /data/again
`
    const places = (always?: ReadonlyArray<string>) => disksOf(df, always).map(({ mount }) => mount)
    expect(places()).toEqual(["/", "/var/lib/my docker", "/data"])
    expect(places(["/run"])).toContain("/run")
    expect(disksOf(df)[0]).toEqual({ mount: "/", size: 100 << 10, free: 50 << 10 })
    expect(disksOf("")).toEqual([])
  })

  test("its kind", () => {
    expect(typeOf({ disks: [], engines: [], virtualisation: "none" })).toBe("physical")
    expect(typeOf({ disks: [], engines: [], virtualisation: "kvm" })).toBe("vm")
    expect(typeOf({ disks: [], engines: [] })).toBe("vm")
  })
})
