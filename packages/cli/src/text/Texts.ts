/** Every text of the command, as one shape: a language that lacks one does not compile. Texts of errors are the engine's. */
import type { GroupKind } from "@windflow/engine/plan"
import type { FleetTexts, TargetTexts } from "./targetTexts.ts"

export interface HelpTexts {
  readonly program: string
  readonly headings: {
    readonly usage: string
    readonly arguments: string
    readonly options: string
    readonly globalOptions: string
    readonly commands: string
  }
  readonly defaultValue: string
  readonly choices: string
  readonly verbs: {
    readonly init: string
    readonly config: string
    readonly plan: string
    readonly apply: string
    readonly up: string
    readonly down: string
    readonly ps: string
    readonly logs: string
    readonly exec: string
    readonly history: string
    readonly rollback: string
    readonly stop: string
    readonly start: string
    readonly restart: string
    readonly kill: string
    readonly rm: string
    readonly run: string
    readonly port: string
    readonly pull: string
    readonly build: string
    readonly images: string
    readonly top: string
    readonly events: string
    readonly forget: string
    readonly secret: string
    readonly secretSet: string
    readonly secretLs: string
    readonly secretRotate: string
    readonly target: string
    readonly targetAdd: string
    readonly targetLs: string
    readonly targetShow: string
    readonly targetTest: string
    readonly targetBootstrap: string
    readonly targetRm: string
    readonly doctor: string
    readonly completion: string
    readonly help: string
  }
  readonly flags: {
    readonly target: string
    readonly group: string
    readonly allOrNothing: string
    readonly environment: string
    readonly file: string
    readonly project: string
    readonly projectDirectory: string
    readonly profile: string
    readonly envFile: string
    readonly hostKey: string
    readonly identitySecret: string
    readonly passphraseSecret: string
    readonly passwordSecret: string
    readonly targetType: string
    readonly targetLabel: string
    readonly inGroup: string
    readonly identity: string
    readonly knownHosts: string
    readonly context: string
    readonly yes: string
    readonly format: string
    readonly deadline: string
    readonly noColor: string
    readonly time: string
    readonly version: string
    readonly help: string
    readonly detailedExitCode: string
    readonly out: string
    readonly detach: string
    readonly wait: string
    readonly waitTimeout: string
    readonly dryRun: string
    readonly removeOrphans: string
    readonly renewAnonVolumes: string
    readonly alwaysRecreateDeps: string
    readonly forceRecreate: string
    readonly noRecreate: string
    readonly noDeps: string
    readonly scale: string
    readonly pull: string
    readonly carry: string
    readonly dryRunBootstrap: string
    readonly detached: string
    readonly deployUser: string
    readonly deployKey: string
    readonly build: string
    readonly noBuild: string
    readonly stopTimeout: string
    readonly concurrency: string
    readonly replan: string
    readonly volumes: string
    readonly all: string
    readonly quiet: string
    readonly services: string
    readonly hash: string
    readonly volumeNames: string
    readonly networkNames: string
    readonly imageNames: string
    readonly profileNames: string
    readonly variableNames: string
    readonly noInterpolate: string
    readonly resolveDigests: string
    readonly validateOnly: string
    readonly output: string
    readonly follow: string
    readonly tail: string
    readonly since: string
    readonly until: string
    readonly timestamps: string
    readonly noLogPrefix: string
    readonly index: string
    readonly user: string
    readonly workdir: string
    readonly execEnv: string
    readonly envFromFile: string
    readonly privileged: string
    readonly noTty: string
    readonly tty: string
    readonly interactive: string
    readonly noStart: string
    readonly rmi: string
    readonly startWait: string
    readonly noDependents: string
    readonly signal: string
    readonly rmForce: string
    readonly rmStop: string
    readonly rmVolumes: string
    readonly background: string
    readonly runName: string
    readonly label: string
    readonly publish: string
    readonly servicePorts: string
    readonly useAliases: string
    readonly entrypoint: string
    readonly capAdd: string
    readonly capDrop: string
    readonly removeAfter: string
    readonly mount: string
    readonly quietPull: string
    readonly quietBuild: string
    readonly abortOnExit: string
    readonly abortOnFailure: string
    readonly exitCodeFrom: string
    readonly attach: string
    readonly noAttach: string
    readonly attachDependencies: string
    readonly quietWork: string
    readonly protocol: string
    readonly ignoreBuildable: string
    readonly ignorePullFailures: string
    readonly includeDeps: string
    readonly pullPolicy: string
    readonly buildArg: string
    readonly buildSsh: string
    readonly noCache: string
    readonly pullBase: string
    readonly status: string
    readonly filter: string
    readonly noTrunc: string
    readonly orphans: string
    readonly noOrphans: string
    readonly idsOnly: string
    readonly jsonLines: string
    readonly to: string
    readonly force: string
  }
  readonly args: {
    readonly services: string
    readonly service: string
    readonly command: string
    readonly privatePort: string
    readonly runCommand: string
    readonly planFile: string
    readonly targetName: string
    readonly targetUrl: string
    readonly secretName: string
  }
}

export interface UsageTexts {
  readonly command: string
  readonly unknownOption: string
  readonly unknownCommand: string
  readonly missingArgument: string
  readonly missingValue: string
  readonly excessArguments: string
  readonly invalidValue: string
  readonly conflict: string
  readonly didYouMean: (name: string) => string
}

export interface Texts {
  readonly help: HelpTexts
  readonly usage: UsageTexts
  readonly error: { readonly word: string; readonly place: string; readonly remedy: string; readonly warning: string }
  readonly kinds: { readonly [K in GroupKind]: string }
  /** The state of a group while a run goes on. */
  readonly states: {
    readonly pending: string
    readonly running: string
    readonly done: string
    readonly failed: string
    readonly skipped: string
  }
  /** A phrase of a plan or a run: a cause, a summary, why a step was left out. */
  readonly phrase: (english: string) => string
  readonly plan: {
    readonly upToDate: (deployment: string) => string
    readonly changes: (deployment: string, count: number) => string
    readonly nothing: string
    readonly saved: (file: string, hash: string) => string
  }
  readonly run: {
    readonly resumes: (done: number, operation: string | undefined) => string
    readonly unchanged: (deployment: string) => string
    readonly succeeded: (deployment: string, revision: number, summary: string) => string
    /** A run that makes no revision: `2 stopped`. */
    readonly acted: (deployment: string, summary: string) => string
    readonly failed: (deployment: string, revision: number) => string
    readonly cancelled: (deployment: string) => string
    readonly rolledBack: (deployment: string, revision: number) => string
    readonly skippedBecause: (because: string) => string
    readonly compensating: string
    readonly containerEnded: (name: string, exitCode: number) => string
    readonly stopping: string
    readonly stillStopping: (pid: number) => string
  }
  readonly confirm: {
    readonly deletesData: (what: string) => string
    readonly deletesAnonymous: (deployment: string) => string
    readonly protected: (environment: string) => string
    readonly declined: string
  }
  readonly table: {
    readonly name: string
    readonly image: string
    readonly service: string
    readonly status: string
    readonly ports: string
    readonly revision: string
    readonly at: string
    readonly owner: string
    readonly summary: string
    readonly project: string
    readonly containers: string
    readonly secret: string
    readonly version: string
    readonly updated: string
    readonly command: string
    readonly created: string
    readonly container: string
    readonly repository: string
    readonly tag: string
    readonly platform: string
    readonly imageId: string
    readonly size: string
    readonly none: string
  }
  readonly overview: {
    readonly target: (name: string) => string
    readonly nothingRuns: string
    readonly noFile: string
    readonly inStep: (deployment: string) => string
    readonly drifted: (deployment: string, changes: number) => string
    readonly next: string
    readonly nextInit: string
    readonly nextUp: string
    readonly nextPlan: string
    readonly nextLogs: string
    readonly unhealthy: (names: string) => string
  }
  readonly init: {
    readonly wrote: (file: string) => string
    readonly exists: (file: string) => string
    readonly next: string
  }
  readonly doctor: {
    readonly node: string
    readonly config: string
    readonly compose: string
    readonly engine: string
    readonly stateDirectory: string
    readonly found: (file: string) => string
    readonly none: string
    readonly runs: (projects: number, containers: number) => string
    readonly writable: (directory: string) => string
    readonly verdict: (problems: number) => string
  }
  readonly target: TargetTexts
  readonly images: {
    readonly pulled: (image: string) => string
    readonly built: (image: string) => string
  }
  readonly forgotten: (deployment: string) => string
  readonly fleet: FleetTexts
  readonly secret: {
    readonly passphrase: (key: string) => string
    readonly prompt: (name: string) => string
    readonly stored: (name: string, version: string) => string
    readonly rewrapped: (secrets: number) => string
    readonly empty: string
  }
  readonly logs: { readonly dropped: (lines: number) => string; readonly resumed: (at: string) => string }
  /** What the CLI refuses by itself, as details of a `Usage` error. */
  readonly refusal: {
    readonly unknownService: string
    readonly notANumber: string
    readonly notADuration: string
    readonly notALabel: string
    readonly notAScale: string
    readonly noFile: string
    readonly noProject: string
    readonly unreadableStdin: string
    readonly exists: string
    readonly emptyValue: string
    readonly notNameValue: string
    readonly notAFilter: string
    readonly notWords: string
    readonly notAttached: string
  }
}
