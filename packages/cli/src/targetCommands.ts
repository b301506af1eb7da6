/** `windflow target …`: its verbs and options as data, beside `program.ts`. */
import { type Command, Option } from "commander"
import { addGlobals, collect } from "./globals.ts"
import type { Texts } from "./text/index.ts"
import { labels } from "./values.ts"
import type { Verb } from "./verbs/Verb.ts"

/** Records a chosen verb as `program.ts` does. */
type Record = <Options>(load: () => Promise<{ readonly default: Verb<Options> }>, command: Command) => () => void

export const targetCommands = (root: Command, texts: Texts, record: Record): (() => void) => {
  const { verbs, flags, args } = texts.help
  const noun = root.command("target").description(verbs.target).helpOption("-h, --help", flags.help)
  return () => {
    const add = noun.command("add").description(verbs.targetAdd)
    add
      .argument("<name>", args.targetName)
      .argument("<url>", args.targetUrl)
      .option("--host-key <key>", flags.hostKey)
      .option("--identity-secret <name>", flags.identitySecret)
      .option("--passphrase-secret <name>", flags.passphraseSecret)
      .option("--password-secret <name>", flags.passwordSecret)
      .addOption(new Option("--type <type>", flags.targetType).choices(["docker", "vm", "physical", "cluster"]))
      .addOption(new Option("--label <name=value>", flags.targetLabel).argParser(labels))
      .addOption(new Option("--in-group <name>", flags.inGroup).argParser(collect))
    add.action(record(() => import("./verbs/targetAdd.ts"), add))
    const ls = noun.command("ls").description(verbs.targetLs)
    ls.action(record(() => import("./verbs/targetLs.ts"), ls))
    const show = noun.command("show").description(verbs.targetShow).argument("<name>", args.targetName)
    show.action(record(() => import("./verbs/targetShow.ts"), show))
    const test = noun.command("test").description(verbs.targetTest).argument("[name]", args.targetName)
    test.action(record(() => import("./verbs/targetTest.ts"), test))
    const rm = noun.command("rm").description(verbs.targetRm).argument("<name>", args.targetName)
    rm.action(record(() => import("./verbs/targetRm.ts"), rm))
    const bootstrap = noun.command("bootstrap").description(verbs.targetBootstrap).argument("[name]", args.targetName)
    bootstrap
      .option("--dry-run", flags.dryRunBootstrap)
      .option("--detached", flags.detached)
      .option("--deploy-user <name>", flags.deployUser)
      .option("--deploy-key <file>", flags.deployKey)
    bootstrap.action(record(() => import("./verbs/targetBootstrap.ts"), bootstrap))
    for (const command of [add, ls, show, test, rm, bootstrap]) addGlobals(command, texts)
  }
}
