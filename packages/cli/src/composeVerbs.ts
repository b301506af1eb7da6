/** Compose's verbs on the command line: words and options as data, with Compose's names and letters where they mean the same. */
import { type Command, Option } from "commander"
import { collect } from "./globals.ts"
import type { VerbDeclaration } from "./program.ts"
import type { Texts } from "./text/index.ts"
import { nameValue, oneOf, wholeNumber } from "./values.ts"

const states = ["paused", "restarting", "removing", "running", "dead", "created", "exited"]
const pulls = ["policy", "always", "missing", "never"]

export const declareComposeVerbs = (verb: VerbDeclaration, { verbs, flags, args }: Texts["help"]): void => {
  const services = (command: Command) => command.argument("[services...]", args.services)
  const timeout = () => new Option("-t, --timeout <seconds>", flags.stopTimeout).argParser(wholeNumber)
  const waitTimeout = () => new Option("--wait-timeout <seconds>", flags.waitTimeout).argParser(wholeNumber)
  const index = () => new Option("--index <number>", flags.index).argParser(wholeNumber)
  const documentFormat = () => new Option("--format <format>", flags.format).choices(["table", "text", "json"])

  verb(
    "stop",
    verbs.stop,
    () => import("./verbs/stop.ts"),
    (command) => services(command).addOption(timeout()),
    ["-t"],
  )
  verb(
    "start",
    verbs.start,
    () => import("./verbs/start.ts"),
    (command) => services(command).option("--wait", flags.startWait).addOption(waitTimeout()),
  )
  verb(
    "restart",
    verbs.restart,
    () => import("./verbs/restart.ts"),
    (command) =>
      services(command).addOption(new Option("--no-deps", flags.noDependents).default(undefined)).addOption(timeout()),
    ["-t"],
  )
  verb(
    "kill",
    verbs.kill,
    () => import("./verbs/kill.ts"),
    (command) => services(command).option("-s, --signal <signal>", flags.signal),
  )
  verb(
    "rm",
    verbs.rm,
    () => import("./verbs/rm.ts"),
    (command) =>
      services(command)
        .option("-f, --force", flags.rmForce)
        .option("-s, --stop", flags.rmStop)
        .option("-v, --volumes", flags.rmVolumes),
    ["-f"],
  )
  verb(
    "run",
    verbs.run,
    () => import("./verbs/run.ts"),
    (command) =>
      command
        .argument("<service>", args.service)
        .argument("[command...]", args.runCommand)
        .passThroughOptions()
        .option("-d, --detach", flags.background)
        .addOption(new Option("-e, --env <name=value>", flags.execEnv).argParser(collect))
        .addOption(new Option("--env-from-file <file>", flags.envFromFile).argParser(collect))
        .option("-i, --interactive", flags.interactive)
        .addOption(new Option("-l, --label <name=value>", flags.label).argParser(nameValue))
        .addOption(new Option("-T, --no-tty", flags.noTty).default(undefined))
        .option("-t, --tty", flags.tty)
        .addOption(new Option("-p, --publish <port>", flags.publish).argParser(collect).conflicts("servicePorts"))
        .option("-P, --service-ports", flags.servicePorts)
        .option("-q, --quiet", flags.quietWork)
        .option("--quiet-pull", flags.quietPull)
        .option("--quiet-build", flags.quietBuild)
        .option("-u, --user <user>", flags.user)
        .addOption(new Option("-v, --volume <mount>", flags.mount).argParser(collect))
        .option("-w, --workdir <directory>", flags.workdir)
        .option("--entrypoint <command>", flags.entrypoint)
        .option("--name <name>", flags.runName)
        .addOption(new Option("--no-deps", flags.noDeps).default(undefined))
        .option("--rm", flags.removeAfter)
        .option("--use-aliases", flags.useAliases)
        .addOption(new Option("--cap-add <capability>", flags.capAdd).argParser(collect))
        .addOption(new Option("--cap-drop <capability>", flags.capDrop).argParser(collect))
        .addOption(new Option("--pull <when>", flags.pull).choices(pulls))
        .option("--build", flags.build)
        .option("--remove-orphans", flags.removeOrphans),
    ["-e", "--env", "-p", "-t"],
  )
  verb(
    "port",
    verbs.port,
    () => import("./verbs/port.ts"),
    (command) =>
      command
        .argument("<service>", args.service)
        .argument("<port>", args.privatePort)
        .addOption(index())
        .addOption(new Option("--protocol <protocol>", flags.protocol).choices(["tcp", "udp"])),
  )
  verb(
    "pull",
    verbs.pull,
    () => import("./verbs/pull.ts"),
    (command) =>
      services(command)
        .option("--ignore-buildable", flags.ignoreBuildable)
        .option("--ignore-pull-failures", flags.ignorePullFailures)
        .option("--include-deps", flags.includeDeps)
        .addOption(new Option("--policy <when>", flags.pullPolicy).choices(["missing", "always"]))
        .option("-q, --quiet", flags.quietWork),
  )
  verb(
    "build",
    verbs.build,
    () => import("./verbs/build.ts"),
    (command) =>
      services(command)
        .addOption(new Option("--build-arg <name=value>", flags.buildArg).argParser(nameValue))
        .option("--no-cache", flags.noCache)
        .addOption(new Option("--ssh <agent>", flags.buildSsh).argParser(collect))
        .option("--pull", flags.pullBase)
        .option("-q, --quiet", flags.quietWork)
        .option("--with-dependencies", flags.includeDeps),
  )
  verb(
    "images",
    verbs.images,
    () => import("./verbs/images.ts"),
    (command) => services(command).option("-q, --quiet", flags.idsOnly).addOption(documentFormat()),
    ["--format"],
  )
  verb("top", verbs.top, () => import("./verbs/top.ts"), services)
  verb(
    "events",
    verbs.events,
    () => import("./verbs/events.ts"),
    (command) =>
      services(command)
        .option("--json", flags.jsonLines)
        .option("--since <time>", flags.since)
        .option("--until <time>", flags.until),
  )
  verb(
    "ps",
    verbs.ps,
    () => import("./verbs/ps.ts"),
    (command) =>
      services(command)
        .option("-a, --all", flags.all)
        .option("-q, --quiet", flags.idsOnly)
        .option("--services", flags.services)
        .addOption(new Option("--status <state>", flags.status).argParser(collectState))
        .option("--filter <filter>", flags.filter)
        .option("--no-trunc", flags.noTrunc)
        .option("--orphans", flags.orphans)
        .addOption(new Option("--no-orphans", flags.noOrphans).default(undefined))
        .addOption(documentFormat()),
    ["--format"],
  )
  verb("forget", verbs.forget, () => import("./verbs/forget.ts"))
}

const collectState = (value: string, earlier: ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  collect(oneOf(states, value), earlier)
