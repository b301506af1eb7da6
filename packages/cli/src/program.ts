/** The command line: verbs and options as data for commander. Actions only record what was asked; verbs are loaded when chosen. */
import tab from "@bomb.sh/tab/commander"
import { Command, CommanderError, Option, type OptionValues } from "commander"
import { addGlobals, collect, type GlobalFlags, mergeGlobals } from "./globals.ts"
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

export interface Program {
  readonly command: Command
  /** Parses; undefined when commander answered by itself (help, completion). Throws `CommanderError` for a wrong line. */
  readonly choose: (argv: ReadonlyArray<string>) => Chosen | undefined
}

export const buildProgram = (texts: Texts): Program => {
  const { verbs, flags, args } = texts.help
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
    <Options>(load: () => Loaded<Options>, command: Command) =>
    (): void => {
      chosen = {
        flags: mergeGlobals(root.opts<GlobalFlags>(), command.opts<GlobalFlags>()),
        // Variadic arguments come as one array each; a verb wants its words in a row.
        run: async (context) =>
          (await load()).default(
            context,
            command.opts<Options & OptionValues>(),
            command.processedArgs.flat().filter(isText),
          ),
      }
    }

  const verb = <Options>(
    name: string,
    text: string,
    load: () => Loaded<Options>,
    owned: ReadonlyArray<string> = [],
  ) => {
    const command = root
      .command(name)
      .description(text)
      .helpOption(owned.includes("-h") ? "--help" : "-h, --help", flags.help)
    command.action(record(load, command))
    return { command, done: () => addGlobals(command, texts, owned) }
  }
  const pull = new Option("--pull <when>", flags.pull).choices(["policy", "always", "missing", "never"])

  const init = verb("init", verbs.init, () => import("./verbs/init.ts"))
  init.command.option("--force", flags.force)
  init.done()

  const config = verb("config", verbs.config, () => import("./verbs/config.ts"), ["-q", "--format"])
  config.command
    .addOption(new Option("--format <format>", flags.format).choices(["yaml", "json"]))
    .option("--hash <services>", flags.hash)
    .option("--services", flags.services)
    .option("--volumes", flags.volumeNames)
    .option("--networks", flags.networkNames)
    .option("--images", flags.imageNames)
    .option("-q, --quiet", flags.validateOnly)
    .option("-o, --output <file>", flags.output)
  config.done()

  const upFlags = (command: Command) =>
    command
      .option("--remove-orphans", flags.removeOrphans)
      .addOption(new Option("--force-recreate", flags.forceRecreate).conflicts("noRecreate"))
      .addOption(new Option("--no-recreate", flags.noRecreate).default(undefined))
      .addOption(new Option("--no-deps", flags.noDeps).default(undefined))
      .addOption(new Option("--scale <service=number>", flags.scale).argParser(scale))
      .addOption(pull)
      .option("--build", flags.build)
      .addOption(new Option("--no-build", flags.noBuild))
      .addOption(new Option("-t, --timeout <seconds>", flags.stopTimeout).argParser(wholeNumber))

  const plan = verb("plan", verbs.plan, () => import("./verbs/plan.ts"), ["-t"])
  plan.command.argument("[services...]", args.services)
  upFlags(plan.command).option("--detailed-exitcode", flags.detailedExitCode).option("-o, --out <file>", flags.out)
  plan.done()

  const apply = verb("apply", verbs.apply, () => import("./verbs/apply.ts"))
  apply.command
    .argument("<file>", args.planFile)
    .option("--replan", flags.replan)
    .addOption(new Option("--parallel <number>", flags.concurrency).argParser(wholeNumber))
  apply.done()

  const up = verb("up", verbs.up, () => import("./verbs/up.ts"), ["-t"])
  up.command.argument("[services...]", args.services)
  upFlags(up.command)
    .addOption(new Option("-d, --detach", flags.detach).conflicts("wait"))
    .option("--wait", flags.wait)
    .addOption(new Option("--wait-timeout <seconds>", flags.waitTimeout).argParser(wholeNumber))
    .option("--dry-run", flags.dryRun)
    .addOption(new Option("--parallel <number>", flags.concurrency).argParser(wholeNumber))
  up.done()

  const down = verb("down", verbs.down, () => import("./verbs/down.ts"), ["-t"])
  down.command
    .option("-v, --volumes", flags.volumes)
    .option("--remove-orphans", flags.removeOrphans)
    .addOption(new Option("-t, --timeout <seconds>", flags.stopTimeout).argParser(wholeNumber))
    .option("--dry-run", flags.dryRun)
  down.done()

  const ps = verb("ps", verbs.ps, () => import("./verbs/ps.ts"))
  ps.command
    .argument("[services...]", args.services)
    .option("-a, --all", flags.all)
    .option("-q, --quiet", flags.quiet)
    .option("--services", flags.services)
  ps.done()

  const logs = verb("logs", verbs.logs, () => import("./verbs/logs.ts"), ["-f", "-t"])
  logs.command
    .argument("[services...]", args.services)
    .option("-f, --follow", flags.follow)
    .addOption(new Option("-n, --tail <lines>", flags.tail).argParser(tail))
    .option("--since <time>", flags.since)
    .option("--until <time>", flags.until)
    .option("-t, --timestamps", flags.timestamps)
    .addOption(new Option("--no-log-prefix", flags.noLogPrefix))
  logs.done()

  const exec = verb("exec", verbs.exec, () => import("./verbs/exec.ts"), ["-e", "--env", "-t"])
  exec.command
    .argument("<service>", args.service)
    .argument("<command...>", args.command)
    .passThroughOptions()
    .addOption(new Option("--index <number>", flags.index).argParser(wholeNumber))
    .option("-u, --user <user>", flags.user)
    .option("-w, --workdir <directory>", flags.workdir)
    .addOption(new Option("-e, --env <name=value>", flags.execEnv).argParser(collect))
    .option("--privileged", flags.privileged)
    .addOption(new Option("-T, --no-tty", flags.noTty))
    .option("-i, --interactive", flags.interactive)
  exec.done()

  verb("history", verbs.history, () => import("./verbs/history.ts")).done()

  const rollback = verb("rollback", verbs.rollback, () => import("./verbs/rollback.ts"))
  rollback.command.addOption(new Option("--to <number>", flags.to).argParser(wholeNumber))
  rollback.done()

  const secret = root.command("secret").description(verbs.secret).helpOption("-h, --help", flags.help)
  const secretSet = secret.command("set").description(verbs.secretSet).argument("<name>", args.secretName)
  secretSet.action(record(() => import("./verbs/secretSet.ts"), secretSet))
  addGlobals(secretSet, texts)
  const secretLs = secret.command("ls").description(verbs.secretLs)
  secretLs.action(record(() => import("./verbs/secretLs.ts"), secretLs))
  addGlobals(secretLs, texts)

  verb("doctor", verbs.doctor, () => import("./verbs/doctor.ts")).done()

  root.helpCommand("help [command]", verbs.help)
  tab(root, { completionCommandName: "completion" })
  root.commands.find((command) => command.name() === "completion")?.description(verbs.completion)

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
