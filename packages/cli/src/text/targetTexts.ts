/** Texts of `windflow target`, in both languages; the catalogues take them in as they are. */
import type { StageFinding, StageName } from "@windflow/engine/model"
import type { FleetResult } from "@windflow/sdk"

export interface TargetTexts {
  readonly stages: { readonly [S in StageName]: string }
  /** What is not as it should be, and what to do about it. */
  readonly findings: { readonly [F in StageFinding]: string }
  readonly skipped: string
  readonly runs: (projects: ReadonlyArray<string>, containers: number) => string
  readonly machine: string
  /** Unit of 2³⁰ bytes. */
  readonly gibibytes: string
  readonly unknownKey: (host: string, fingerprint: string) => string
  readonly trust: string
  readonly added: (name: string, fingerprint: string | undefined) => string
  readonly removed: (name: string) => string
  readonly none: string
  readonly notAName: string
  readonly deployPair: string
  readonly ready: string
  readonly madeReady: string
  readonly taken: (name: string) => string
  readonly head: {
    readonly type: string
    readonly endpoint: string
    readonly groups: string
    readonly key: string
    readonly labels: string
    readonly credential: string
  }
}

export const targetEnglish: TargetTexts = {
  stages: {
    dns: "name",
    tcp: "connection",
    ssh: "SSH, host key",
    auth: "login",
    sudo: "sudo",
    engine: "engine",
    api: "API version",
    disk: "disk",
    clock: "clock",
  },
  findings: {
    "no-sudo": "no sudo without a password: deploying does without it, installing Docker does not",
    "little-space": "less than 1 GiB is free: remove what is not used, or make the disk larger",
    "clock-off": "the clock is off by more than 5 s: let it be set (chrony, systemd-timesyncd)",
  },
  skipped: "not tried",
  runs: (projects, containers) =>
    projects.length === 0 ? "Nothing runs there." : `Runs ${projects.join(", ")} (${containers} containers).`,
  machine: "machine",
  gibibytes: "GiB",
  unknownKey: (host, fingerprint) =>
    `Nobody has said yet which key ${host} has. It shows ${fingerprint}.\nCompare it on the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`,
  trust: "Is it this key?",
  added: (name, fingerprint) =>
    fingerprint === undefined ? `Registered ${name}.` : `Registered ${name}, host key ${fingerprint}.`,
  removed: (name) => `Forgot ${name}. Nothing was touched there.`,
  none: "No target is registered.",
  notAName: "is no name for a target",
  deployPair: "a user needs a key, and a key a user",
  ready: "It is a Docker host already; nothing was changed.",
  madeReady: "It is a Docker host now.",
  taken: (name) => `is registered already: \`windflow target rm ${name}\` first`,
  head: {
    type: "TYPE",
    endpoint: "ENDPOINT",
    groups: "GROUPS",
    key: "HOST KEY",
    labels: "LABELS",
    credential: "CREDENTIAL",
  },
}

export const targetFrench: TargetTexts = {
  stages: {
    dns: "nom",
    tcp: "connexion",
    ssh: "SSH, clé d’hôte",
    auth: "identification",
    sudo: "sudo",
    engine: "moteur",
    api: "version de l’API",
    disk: "disque",
    clock: "horloge",
  },
  findings: {
    "no-sudo": "pas de sudo sans mot de passe : déployer s’en passe, installer Docker non",
    "little-space": "moins de 1 Gio libre : retirez ce qui ne sert pas, ou agrandissez le disque",
    "clock-off": "l’horloge est décalée de plus de 5 s : faites-la régler (chrony, systemd-timesyncd)",
  },
  skipped: "non essayé",
  runs: (projects, containers) =>
    projects.length === 0 ? "Rien n’y tourne." : `Y tournent ${projects.join(", ")} (${containers} conteneurs).`,
  machine: "machine",
  gibibytes: "Gio",
  unknownKey: (host, fingerprint) =>
    `Personne n’a encore dit quelle clé a ${host}. Il montre ${fingerprint}.\nComparez sur l’hôte : ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`,
  trust: "Est-ce bien cette clé ?",
  added: (name, fingerprint) =>
    fingerprint === undefined ? `${name} enregistrée.` : `${name} enregistrée, clé d’hôte ${fingerprint}.`,
  removed: (name) => `${name} oubliée. Rien n’y a été touché.`,
  none: "Aucune cible enregistrée.",
  notAName: "n’est pas un nom de cible",
  deployPair: "un utilisateur demande une clé, et une clé un utilisateur",
  ready: "C’est déjà un hôte Docker ; rien n’a été changé.",
  madeReady: "C’est maintenant un hôte Docker.",
  taken: (name) => `est déjà enregistrée : d’abord \`windflow target rm ${name}\``,
  head: {
    type: "TYPE",
    endpoint: "ADRESSE",
    groups: "GROUPES",
    key: "CLÉ D’HÔTE",
    labels: "ÉTIQUETTES",
    credential: "IDENTIFIANT",
  },
}

/** Of a verb on several targets. */
export interface FleetTexts {
  readonly target: string
  readonly time: string
  readonly status: { readonly [S in FleetResult<unknown>["status"]]: string }
  readonly noGroup: string
  readonly oneTarget: string
}

export const fleetEnglish: FleetTexts = {
  target: "TARGET",
  time: "TIME",
  status: { done: "done", failed: "failed", skipped: "not begun", undone: "undone", "not-undone": "NOT UNDONE" },
  noGroup: "no target belongs to that group or carries that label",
  oneTarget: "works on one target",
}

export const fleetFrench: FleetTexts = {
  target: "CIBLE",
  time: "DURÉE",
  status: { done: "fait", failed: "échec", skipped: "pas commencé", undone: "défait", "not-undone": "NON DÉFAIT" },
  noGroup: "aucune cible n’est de ce groupe ni ne porte cette étiquette",
  oneTarget: "agit sur une seule cible",
}
