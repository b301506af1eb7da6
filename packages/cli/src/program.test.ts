/** What words on the command line mean: verbs, their options, and global options before and after the verb. */
import { CommanderError } from "commander"
import { describe, expect, it } from "vitest"
import { misuse } from "./misuse.ts"
import { buildProgram } from "./program.ts"
import { textsOf } from "./text/index.ts"

const parsed = (...argv: ReadonlyArray<string>) => {
  const { choose } = buildProgram(textsOf("en"), argv)
  return choose(argv)?.flags
}

const optionsOf = (...argv: ReadonlyArray<string>) => {
  const { command, choose } = buildProgram(textsOf("en"), argv)
  choose(argv)
  const verb = command.commands.find((one) => argv.includes(one.name()))
  return { options: verb?.opts(), args: verb?.processedArgs }
}

const refused = async (locale: "en" | "fr", ...argv: ReadonlyArray<string>) => {
  const texts = textsOf(locale)
  const { command, choose } = buildProgram(texts, argv)
  for (const one of [command, ...command.commands]) one.configureOutput({ writeErr: () => {} }).exitOverride()
  try {
    choose(argv)
  } catch (error) {
    if (error instanceof CommanderError) {
      const usage = await misuse(error, texts)
      return `${usage.subject}: ${usage.detail}${usage.expected === undefined ? "" : ` [${usage.expected}]`}`
    }
    throw error
  }
  throw new Error("was not refused")
}

describe("global options", () => {
  it("mean the same before and after the verb", () => {
    const flags = { target: "vps", env: "staging", file: ["a.yaml", "b.yaml"], projectName: "shop", yes: true }
    expect(
      parsed("-t", "vps", "-e", "staging", "-f", "a.yaml", "-f", "b.yaml", "-p", "shop", "-y", "ps"),
    ).toMatchObject(flags)
    expect(
      parsed("ps", "-t", "vps", "-e", "staging", "-f", "a.yaml", "-f", "b.yaml", "-p", "shop", "-y"),
    ).toMatchObject(flags)
    expect(parsed("-f", "a.yaml", "-t", "other", "ps", "-f", "b.yaml", "--target", "vps")).toMatchObject({
      target: "vps",
      file: ["a.yaml", "b.yaml"],
    })
  })

  it("yield a letter that the verb owns, and keep the long name", () => {
    expect(parsed("-f", "a.yaml", "-t", "vps", "logs", "-f", "-t", "--target", "vps2")).toMatchObject({
      file: ["a.yaml"],
      target: "vps2",
    })
    expect(optionsOf("logs", "-f", "-t", "-n", "5", "web").options).toMatchObject({
      follow: true,
      timestamps: true,
      tail: 5,
    })
    expect(optionsOf("down", "-t", "3").options).toMatchObject({ timeout: 3 })
    expect(parsed("down", "-t", "3")).not.toHaveProperty("target")
  })

  it("read numbers, times and choices", () => {
    expect(parsed("ps", "--deadline", "1h30m", "--format", "json", "--time", "local", "--no-color")).toMatchObject({
      deadline: 5400,
      format: "json",
      time: "local",
      color: false,
    })
  })
})

describe("verbs", () => {
  it("are not needed: alone, with global options only, the overview is chosen", () => {
    const { command, choose } = buildProgram(textsOf("en"))
    command.configureOutput({ writeErr: () => {} })
    expect(choose(["-t", "vps"])?.flags).toMatchObject({ target: "vps" })
  })

  it("take Compose's flags", () => {
    const { options, args } = optionsOf(
      "up",
      "-d",
      "--scale",
      "web=3",
      "--scale",
      "db=1",
      "--pull",
      "always",
      "web",
      "db",
    )
    expect(options).toMatchObject({ detach: true, scale: { web: 3, db: 1 }, pull: "always" })
    expect(options).not.toHaveProperty("deps", false)
    expect(args).toEqual([["web", "db"]])
    expect(optionsOf("up", "--no-deps", "--no-recreate").options).toMatchObject({ deps: false, recreate: false })
    expect(optionsOf("up", "--no-build").options).toMatchObject({ build: false })
    expect(optionsOf("up", "--build").options).toMatchObject({ build: true })
    expect(optionsOf("up").options).not.toHaveProperty("build")
  })

  it("bug: exec takes Compose's -T and -t; -t before the verb is the target, behind the service the command's own", () => {
    expect(optionsOf("exec", "web", "sh").options?.["tty"]).toBeUndefined()
    expect(optionsOf("exec", "-T", "web", "sh").options).toMatchObject({ tty: false })
    expect(optionsOf("exec", "-it", "web", "sh")).toMatchObject({ options: { tty: true }, args: ["web", ["sh"]] })
    expect(parsed("-t", "vps", "exec", "-t", "web", "sh")).toMatchObject({ target: "vps" })
    expect(parsed("exec", "-t", "--target", "vps", "web", "sh", "-t", "x")).toMatchObject({ target: "vps" })
  })

  it("pass everything behind exec's service on to the command", () => {
    const { options, args } = optionsOf("exec", "-e", "A=1", "web", "ls", "-la", "--format", "json")
    expect(options).toMatchObject({ env: ["A=1"] })
    expect(args).toEqual(["web", ["ls", "-la", "--format", "json"]])
  })
})

describe("a wrong command line", () => {
  it("is named, with what was meant", async () => {
    expect(await refused("en", "upp")).toBe("upp: there is no such command (did you mean up?)")
    expect(await refused("en", "up", "--foo")).toBe("--foo: there is no such option")
    expect(await refused("en", "up", "--scale", "web")).toContain("is not SERVICE=NUMBER")
    expect(await refused("en", "ps", "--deadline", "soon")).toContain("is not a duration")
    expect(await refused("en", "up", "--pull", "often")).toBe(
      "--pull <when>: this value makes no sense [policy, always, missing, never]",
    )
    expect(await refused("en", "apply")).toBe("file: this argument is missing")
    expect(await refused("en", "up", "-d", "--wait")).toContain("these options exclude each other")
    expect(await refused("en", "history", "extra")).toContain("too many arguments")
    expect(await refused("en", "-p")).toContain("this option needs a value")
  })

  it("is named in French", async () => {
    expect(await refused("fr", "upp")).toBe("upp: cette commande n’existe pas (vouliez-vous dire up ?)")
  })
})

describe("help", () => {
  it("speaks the reader's language, headings included", () => {
    const { command } = buildProgram(textsOf("fr"))
    const help = command.helpInformation()
    for (const word of ["Usage :", "Options globales :", "Commandes :", "déploie ; revient quand tout est sain"])
      expect(help).toContain(word)
    for (const word of ["Options:", "Commands:", "display help", "(choices:", "default:"])
      expect(help).not.toContain(word)
  })
})

describe("the verbs of Compose", () => {
  it("keep their own letters: run -e -p -t, rm -f, stop -t", () => {
    expect(parsed("run", "-e", "A=1", "-p", "80:80", "web", "ls", "-e", "x")).not.toHaveProperty("env")
    const run = optionsOf("run", "-e", "A=1", "-e", "B", "-p", "80:80", "-l", "x=y", "--rm", "web", "ls", "-la")
    expect(run.options).toMatchObject({ env: ["A=1", "B"], publish: ["80:80"], label: { x: "y" }, rm: true })
    expect(run.args).toEqual(["web", ["ls", "-la"]])
    expect(optionsOf("rm", "-fsv", "web").options).toMatchObject({ force: true, stop: true, volumes: true })
    expect(optionsOf("stop", "-t", "3").options).toMatchObject({ timeout: 3 })
    expect(optionsOf("ps", "--status", "exited", "--status", "dead").options).toMatchObject({
      status: ["exited", "dead"],
    })
  })

  it("take up's flags of an attached session, --no-attach as a list of its own", () => {
    const { options } = optionsOf("up", "--exit-code-from", "a", "--no-attach", "b", "--no-attach", "c", "-V")
    expect(options).toMatchObject({ exitCodeFrom: "a", noAttach: ["b", "c"], renewAnonVolumes: true })
    expect(options).not.toHaveProperty("attach")
    expect(optionsOf("up", "--always-recreate-deps").options).toMatchObject({ alwaysRecreateDeps: true })
  })

  it("refuse by name what is not there, and values that make no sense", async () => {
    expect(await refused("en", "up", "--menu")).toContain("--menu: there is no such option")
    expect(await refused("en", "build", "--builder", "x")).toContain("--builder")
    expect(await refused("en", "up", "-d", "--exit-code-from", "web")).toContain("exclude")
    expect(await refused("fr", "run", "-l", "x", "web")).toContain("NOM=VALEUR")
    expect(await refused("en", "run", "-p", "80", "-P", "web")).toContain("exclude")
    expect(await refused("en", "ps", "--status", "gone")).toContain("exited")
    expect(await refused("en", "port", "web")).toContain("missing")
  })

  it("are all completed and explained in both languages", () => {
    for (const locale of ["en", "fr"] as const) {
      const help = buildProgram(textsOf(locale)).command.helpInformation()
      for (const verb of "stop start restart kill rm run port pull build images top events forget".split(" "))
        expect(help).toMatch(new RegExp(`^  ${verb} `, "m"))
    }
  })
})
