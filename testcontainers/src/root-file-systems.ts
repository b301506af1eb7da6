// File trees for the two images that stand on nothing: a static busybox, and Debian by debootstrap. Needs Debian or Ubuntu as root.
import { existsSync } from "node:fs"
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { have, run } from "./process.ts"

const needPackage = async (command: string, name: string): Promise<void> => {
  if (await have(command)) return
  if (!(await have("apt-get")) || process.getuid?.() !== 0)
    throw new Error(
      `no image registry can be reached, and building base images needs Debian or Ubuntu as root (package ${name}). ` +
        "Make a registry reachable, or load the public images into the engine and set WINDFLOW_IMAGES=public.",
    )
  await run("apt-get", ["update", "-q"])
  await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", name], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  })
}

/** The Debian mirror of this machine's own apt sources, so that whatever lets apt work lets debootstrap work. */
const mirror = async (suite: string): Promise<string> => {
  const listed = await run("apt-get", [
    "indextargets",
    "--format",
    "$(RELEASE) $(COMPONENT) $(REPO_URI)",
    "Created-By: Packages",
  ])
  const lines = listed.split("\n").map((line) => line.split(" "))
  const site = (lines.find(([r, c]) => r === suite && c === "main") ?? lines.find(([, c]) => c === "main"))?.[2]
  if (site === undefined) throw new Error("apt's sources name no mirror with a component main")
  return site
}

const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "windflow-rootfs-"))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The version of the machine's static busybox: it decides the tree, so the image's tag covers it. */
export const busyboxVersion = async (): Promise<string> => {
  await needPackage("busybox", "busybox-static")
  return (await run("busybox", ["sh", "-c", "busybox | head -n 1"])).trim()
}

/** Writes a tar with the static busybox and a link per applet. */
export const writeBusybox = async (tar: string): Promise<void> => {
  await needPackage("busybox", "busybox-static")
  await withFolder(async (root) => {
    for (const name of ["bin", "etc", "root", "tmp", "www"]) await mkdir(join(root, name))
    await chmod(join(root, "tmp"), 0o1777)
    const binary = (await run("sh", ["-c", "readlink -f $(command -v busybox)"])).trim()
    // A static binary names no loader; a dynamic one would not start in an empty tree.
    if ((await readFile(binary)).subarray(0, 4096).includes("ld-linux"))
      throw new Error("the busybox of this machine is not static: install Debian's busybox-static")
    await copyFile(binary, join(root, "bin", "busybox"))
    await chmod(join(root, "bin", "busybox"), 0o755)
    for (const applet of (await run("busybox", ["--list"])).trim().split("\n"))
      if (applet !== "busybox") await symlink("busybox", join(root, "bin", applet))
    await run("tar", ["-C", root, "--numeric-owner", "-cf", tar, "."])
  })
}

/** Writes a tar with Debian's minimal system and the certificates of public authorities. */
export const writeDebian = async (tar: string): Promise<void> => {
  await needPackage("debootstrap", "debootstrap")
  const suite = "bookworm"
  await withFolder(async (root) => {
    const tree = join(root, "tree")
    try {
      await run("debootstrap", ["--variant=minbase", "--include=ca-certificates", suite, tree, await mirror(suite)])
    } catch (error) {
      const log = join(tree, "debootstrap", "debootstrap.log")
      const tail = existsSync(log) ? (await readFile(log, "utf8")).trim().split("\n").slice(-5).join("\n") : ""
      throw new Error(`debootstrap of ${suite} failed; its log ends:\n${tail}`, { cause: error })
    }
    const left = [
      "./var/lib/apt/lists/*",
      "./var/cache/apt/*",
      "./usr/share/doc/*",
      "./usr/share/man/*",
      "./usr/share/locale/*",
    ]
    await run("tar", ["-C", tree, "--numeric-owner", ...left.map((path) => `--exclude=${path}`), "-cf", tar, "."])
  })
}
