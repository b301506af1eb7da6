/** The command line: verbs and options as data for commander. Actions only record what was asked; verbs are loaded when chosen. */
import tab from "@bomb.sh/tab/commander"
import { Command, CommanderError, Option, type OptionValues } from "commander"
import { declareComposeVerbs } from "./composeVerbs.ts"
import { offerServices } from "./completion.ts"
import { addGlobals, collect, type GlobalFlags, mergeGlobals } from "./globals.ts"
import { targetCommands } from "./targetCommands.ts"
import type { Texts } from "./text/index.ts"
import { scale, tail, wholeNumber } from "./values.ts"
import type { VerbContext } from "./verbs/Verb.ts"

/** A verb that was chosen, with its options already bound. */
export interface Chosen {
  readonly flags: GlobalFlags
  readonly run: (context: VerbContext) => Promise<number>
}

type Loaded<Options> = Promise<{
  readonly default: (context: VerbContext, options: Options, args: ReadonlyArray<string>) => Promise<number>
}>

/** A verb: its name and text, what loads it, its options, and the global letters that mean something else in it. */
export type VerbDeclaration = <Options>(
  name: string,
  text: string,
  load: () => Loaded<Options>,
  configure?: (command: Command) => unknown,
  owned?: ReadonlyArray<string>,
) => void

export interface Program {
  readonly command: Command
  /** Parses; undefined when commander answered by itself (help, completion). Throws `CommanderError` for a wrong line. */
  readonly choose: (argv: ReadonlyArray<string>) => Chosen | undefined
}

/** Help and completion speak of every verb. */
const aboutAll: ReadonlySet<string> = new Set(["help", "complete", "completion"])

/**
 * `words`: the command line, when it is known. Verbs that it does not contain are then left without their options, which take
 * commander longer than the rest of parsing. (A word may be an option's value too: then a verb too many has its options.)
 * `services`: what completion offers where a service may stand.
 */
export const buildProgram = (
  texts: Texts,
  words?: ReadonlyArray<string>,
  services: ReadonlyArray<string> = [],
): Program => {
  const { verbs, flags, args } = texts.help
  const configured = new Map<string, () => void>()
  let chosen: Chosen | undefined

  const root = new Command("windflow")
    .description(texts.help.program)
    .enablePositionalOptions()
    .exitOverride()
    .helpOption("-h, --help", flags.help)
    .option("-V, --version", flags.version)
  addGlobals(root, texts)
  root.configureHelp({
    styleTitle: (title) => translateTitle(title, texts),
    optionDescription: (option) => describeOption(option, texts),
  })

  const record =
    <Options>(load: () => Loaded<Options>, command: Command, owned: ReadonlyArray<string> = []) =>
    (): void => {
      const own = command.opts<GlobalFlags>()
      chosen = {
        // `-e` of exec and run sets variables: it names no environment of the configuration.
        flags: mergeGlobals(root.opts<GlobalFlags>(), owned.includes("--env") ? withoutEnvironment(own) : own),
        // Variadic arguments come as one array each; a verb wants its words in a row.
        run: async (context) => {
          const [{ default: verb }, options] = [await load(), command.opts<Options & OptionValues>()]
          const words = command.processedArgs.flat().filter(isText)
          if (context.fleet === undefined) return verb(context, options, words)
          const { onFleet } = await import("./fleet.ts")
          await refuseFleet(command.name(), context)
          return onFleet(context, context.fleet, verb, options, words, options["allOrNothing"] === true)
        },
      }
    }

  const verb: VerbDeclaration = (name, text, load, configure = () => {}, owned = []) => {
    const command = root.command(name).description(text)
    command.action(record(load, command, owned))
    configured.set(name, () => {
      command.helpOption(owned.includes("-h") ? "--help" : "-h, --help", flags.help)
      configure(command)
      addGlobals(command, texts, owned)
    })
  }
  verb(
    "init",
    verbs.init,
    () => import("./verbs/init.ts"),
    (command) => command.option("--force", flags.force),
  )
  verb(
    "config",
    verbs.config,
    () => import("./verbs/config.ts"),
    (command) =>
      command
        .argument("[services...]", args.services)
        .addOption(new Option("--format <format>", flags.format).choices(["yaml", "json"]))
        .option("--hash <services>", flags.hash)
        .option("--services", flags.services)
        .option("--volumes", flags.volumeNames)
        .option("--networks", flags.networkNames)
        .option("--images", flags.imageNames)
        .option("--profiles", flags.profileNames)
        .option("--variables", flags.variableNames)
        .addOption(
          new Option("--no-interpolate", flags.noInterpolate)
            .default(undefined)
            .conflicts(["hash", "volumes", "networks", "images", "profiles", "resolveImageDigests"]),
        )
        .option("--resolve-image-digests", flags.resolveDigests)
        .option("-q, --quiet", flags.validateOnly)
        .option("-o, --output <file>", flags.output),
    ["-q", "--format"],
  )

  const upFlags = (command: Command) =>
    command
      .option("--remove-orphans", flags.removeOrphans)
      .option("-V, --renew-anon-volumes", flags.renewAnonVolumes)
      .addOption(new Option("--always-recreate-deps", flags.alwaysRecreateDeps).conflicts("noRecreate"))
      .addOption(new Option("--force-recreate", flags.forceRecreate).conflicts("noRecreate"))
      .addOption(new Option("--no-recreate", flags.noRecreate).default(undefined))
      .addOption(new Option("--no-deps", flags.noDeps).default(undefined))
      .addOption(new Option("--scale <service=number>", flags.scale).argParser(scale))
      .addOption(new Option("--pull <when>", flags.pull).choices(["policy", "always", "missing", "never"]))
      .addOption(new Option("--carry <when>", flags.carry).choices(["missing", "always", "never"]))
      .option("--build", flags.build)
      .addOption(new Option("--no-build", flags.noBuild))
      .addOption(new Option("-t, --timeout <seconds>", flags.stopTimeout).argParser(wholeNumber))

  verb(
    "plan",
    verbs.plan,
    () => import("./verbs/plan.ts"),
    (command) =>
      upFlags(command.argument("[services...]", args.services))
        .option("--detailed-exitcode", flags.detailedExitCode)
        .option("-o, --out <file>", flags.out),
    ["-t"],
  )
  verb(
    "apply",
    verbs.apply,
    () => import("./verbs/apply.ts"),
    (command) =>
      command
        .argument("<file>", args.planFile)
        .option("--replan", flags.replan)
        .addOption(new Option("--parallel <number>", flags.concurrency).argParser(wholeNumber)),
  )
  verb(
    "up",
    verbs.up,
    () => import("./verbs/up.ts"),
    (command) =>
      upFlags(command.argument("[services...]", args.services))
        .addOption(new Option("-d, --detach", flags.detach).conflicts("wait"))
        .option("--wait", flags.wait)
        .addOption(new Option("--no-start", flags.noStart).default(undefined).conflicts(["detach", "wait"]))
        .option("--quiet-pull", flags.quietPull)
        .option("--quiet-build", flags.quietBuild)
        .addOption(new Option("--abort-on-container-exit", flags.abortOnExit).conflicts(notAttached))
        .addOption(
          new Option("--abort-on-container-failure", flags.abortOnFailure).conflicts([...notAttached, "exitCodeFrom"]),
        )
        .addOption(new Option("--exit-code-from <service>", flags.exitCodeFrom).conflicts(notAttached))
        .addOption(new Option("--attach <service>", flags.attach).argParser(collect).conflicts(["attachDependencies"]))
        .addOption(called(new Option("--no-attach <service>", flags.noAttach), "noAttach").argParser(collect))
        .option("--attach-dependencies", flags.attachDependencies)
        .option("--timestamps", flags.timestamps)
        .addOption(new Option("--no-log-prefix", flags.noLogPrefix).default(undefined))
        .option("--all-or-nothing", flags.allOrNothing)
        .addOption(new Option("--wait-timeout <seconds>", flags.waitTimeout).argParser(wholeNumber))
        .option("--dry-run", flags.dryRun)
        .addOption(new Option("--parallel <number>", flags.concurrency).argParser(wholeNumber)),
    ["-t"],
  )
  verb(
    "down",
    verbs.down,
    () => import("./verbs/down.ts"),
    (command) =>
      command
        .option("-v, --volumes", flags.volumes)
        .addOption(new Option("--rmi <which>", flags.rmi).choices(["local", "all"]))
        .option("--remove-orphans", flags.removeOrphans)
        .addOption(new Option("-t, --timeout <seconds>", flags.stopTimeout).argParser(wholeNumber))
        .option("--dry-run", flags.dryRun),
    ["-t"],
  )
  verb(
    "logs",
    verbs.logs,
    () => import("./verbs/logs.ts"),
    (command) =>
      command
        .argument("[services...]", args.services)
        .option("-f, --follow", flags.follow)
        .addOption(new Option("-n, --tail <lines>", flags.tail).argParser(tail))
        .option("--since <time>", flags.since)
        .option("--until <time>", flags.until)
        .option("-t, --timestamps", flags.timestamps)
        .addOption(new Option("--index <number>", flags.index).argParser(wholeNumber))
        .addOption(new Option("--no-log-prefix", flags.noLogPrefix)),
    ["-f", "-t"],
  )
  verb(
    "exec",
    verbs.exec,
    () => import("./verbs/exec.ts"),
    (command) =>
      command
        .argument("<service>", args.service)
        .argument("<command...>", args.command)
        .passThroughOptions()
        .option("-d, --detach", flags.background)
        .addOption(new Option("--index <number>", flags.index).argParser(wholeNumber))
        .option("-u, --user <user>", flags.user)
        .option("-w, --workdir <directory>", flags.workdir)
        .addOption(new Option("-e, --env <name=value>", flags.execEnv).argParser(collect))
        .option("--privileged", flags.privileged)
        .addOption(new Option("-T, --no-tty", flags.noTty).default(undefined))
        .option("-t, --tty", flags.tty)
        .option("-i, --interactive", flags.interactive),
    ["-e", "--env", "-t"],
  )
  declareComposeVerbs(verb, texts.help)
  verb("history", verbs.history, () => import("./verbs/history.ts"))
  verb(
    "rollback",
    verbs.rollback,
    () => import("./verbs/rollback.ts"),
    (command) => command.addOption(new Option("--to <number>", flags.to).argParser(wholeNumber)),
  )

  const secret = root.command("secret").description(verbs.secret).helpOption("-h, --help", flags.help)
  configured.set("secret", () => {
    const set = secret.command("set").description(verbs.secretSet).argument("<name>", args.secretName)
    set.action(record(() => import("./verbs/secretSet.ts"), set))
    addGlobals(set, texts)
    const ls = secret.command("ls").description(verbs.secretLs)
    ls.action(record(() => import("./verbs/secretLs.ts"), ls))
    addGlobals(ls, texts)
    const rotate = secret.command("rotate").description(verbs.secretRotate)
    rotate.action(record(() => import("./verbs/secretRotate.ts"), rotate))
    addGlobals(rotate, texts)
  })

  configured.set("target", targetCommands(root, texts, record))

  verb("doctor", verbs.doctor, () => import("./verbs/doctor.ts"))

  root.helpCommand("help [command]", verbs.help)
  const named = [...configured].filter(([name]) => words?.includes(name) === true)
  const wanted = named.length === 0 || words?.some((word) => aboutAll.has(word)) === true ? [...configured] : named
  for (const [, configure] of wanted) configure()
  if (wanted.length === configured.size) {
    offerServices(tab(root, { completionCommandName: "completion" }), services)
    root.commands.find((command) => command.name() === "completion")?.description(verbs.completion)
  }

  const alone = record(() => import("./verbs/overview.ts"), root)
  const choose = (argv: ReadonlyArray<string>): Chosen | undefined => {
    try {
      root.parse(argv, { from: "user" })
    } catch (error) {
      // Without a verb commander fails with its help; ours is the overview. (An action of the root would swallow unknown verbs.)
      if (!(error instanceof CommanderError) || error.code !== "commander.help" || error.exitCode === 0) throw error
      alone()
    }
    return chosen
  }
  return { command: root, choose }
}

const withoutEnvironment = ({ env: _env, ...flags }: GlobalFlags): GlobalFlags => flags
/** Verbs that mean the same on each of several targets. */
const onSeveral: ReadonlySet<string> = new Set(["up", "down", "ps", "plan", "history", "rollback", "test"])

const refuseFleet = async (verb: string, { texts }: VerbContext): Promise<void> => {
  if (onSeveral.has(verb)) return
  const { Usage } = await import("@windflow/engine/model")
  throw new Usage({ subject: verb, detail: texts.fleet.oneTarget })
}

/** What `up` returns from at once. */
const notAttached = ["detach", "wait", "start"]

/** An option that begins with `no-` and takes a value: the opposite of nothing, though commander sees one in the name. */
const called = (option: Option, attribute: string): Option => {
  option.negate = false
  return Object.assign(option, { attributeName: () => attribute })
}

const isText = (value: unknown): value is string => typeof value === "string"

const translateTitle = (title: string, texts: Texts): string => {
  const { headings } = texts.help
  const known: Readonly<Record<string, string>> = {
    "Usage:": headings.usage,
    "Arguments:": headings.arguments,
    "Options:": headings.options,
    "Commands:": headings.commands,
  }
  return known[title] ?? title
}

const describeOption = (option: Option, texts: Texts): string => {
  const facts = [
    ...(option.argChoices === undefined ? [] : [`${texts.help.choices}: ${option.argChoices.join(", ")}`]),
    ...(option.defaultValue === undefined || typeof option.defaultValue === "boolean"
      ? []
      : [`${texts.help.defaultValue}: ${String(option.defaultValue)}`]),
  ]
  return facts.length === 0 ? option.description : `${option.description} (${facts.join("; ")})`
}
