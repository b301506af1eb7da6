/**
 * What plans and runs say in a few words (causes, summaries, why a step was left out), in French. A plan is data and holds the
 * English phrase, which its hash covers; whoever shows it looks the phrase up here. `{…}` stands for a name, a number or a list.
 */

const french: Readonly<Record<string, string>> = {
  "no container": "pas de conteneur",
  "no network": "pas de réseau",
  "no volume": "pas de volume",
  "not in the file": "absent du fichier",
  "scaled down": "moins d’exemplaires voulus",
  "not started yet": "pas encore démarré",
  "not running (exited with {code})": "ne tourne pas (terminé avec {code})",
  paused: "en pause",
  "it is dead": "il est mort",
  "it is removing": "il est en cours de suppression",
  "left over from a hook": "reste d’un crochet",
  "left over from an interrupted replacement": "reste d’un remplacement interrompu",
  "another container has its number": "un autre conteneur a son numéro",
  "an interrupted replacement is finished": "un remplacement interrompu est achevé",
  "dependency {service} is replaced": "la dépendance {service} est remplacée",
  "it shares with {service}, which is replaced": "il partage avec {service}, qui est remplacé",
  "image changed": "image modifiée",
  "configuration changed": "configuration modifiée",
  "up to date": "à jour",
  "configuration changed: {fields} and {count} more": "configuration modifiée : {fields} et {count} de plus",
  "configuration changed: {fields}": "configuration modifiée : {fields}",
  "content changed": "contenu modifié",
  "{kinds} changed: {fields} and {count} more": "contenu modifié ({kinds}) : {fields} et {count} de plus",
  "{kinds} changed: {fields}": "contenu modifié ({kinds}) : {fields}",
  "network {name} changed": "le réseau {name} a changé",
  "network {name} was made anew": "le réseau {name} a été recréé",
  "not attached to network {name}": "pas rattaché au réseau {name}",
  "volume {name} is not mounted": "le volume {name} n’est pas monté",
  "unknown until built": "inconnu avant la construction",
  "unknown until pulled": "inconnu avant le téléchargement",
  "unknown until carried": "inconnu avant le transport",
  "recreation was asked for": "recréation demandée",
  "not on the target yet: {files}": "pas encore sur la cible : {files}",
  renamed: "renommé",
  down: "arrêt demandé",
  stop: "arrêt demandé",
  start: "démarrage demandé",
  restart: "redémarrage demandé",
  "a dependency is restarted": "une dépendance est redémarrée",
  "kill {signal}": "signal {signal} demandé",
  rm: "suppression demandée",
  "failures so far": "échecs jusqu’ici",
  "between two turns": "entre deux tours",
  "all are up": "tous tournent",
  "the replacement failed": "le remplacement a échoué",
  "does not exist": "n’existe pas",
  "it is being deleted": "il est en cours de suppression",
  "{field} cannot change in place": "{field} ne peut pas changer sur place",
  rollout: "mise en place",
  "Docker is not installed": "Docker n’est pas installé",
  "Docker speaks API of no known version": "Docker parle une version inconnue de l’API",
  "Docker speaks API {version}": "Docker parle l’API {version}",
  "it does not answer": "il ne répond pas",
  "may not deploy yet": "n’a pas encore le droit de déployer",
  "the bootstrap was cancelled": "la préparation a été annulée",
  completed: "terminé",
  "after every change": "après chaque modification",
  "until healthy": "jusqu’à la bonne santé",
  "until completed": "jusqu’à la fin",
  "until up": "jusqu’au démarrage",
  "it needs {operation}, which failed": "il lui faut {operation}, qui a échoué",
  "the run stopped: {operation} failed": "l’exécution s’est arrêtée : {operation} a échoué",
  "the run was cancelled": "l’exécution a été annulée",
  "nothing changed": "rien n’a été modifié",
  "completed after a crash": "achevé après un arrêt brutal",
  "{count} created": "{count} créés",
  "{count} updated": "{count} modifiés",
  "{count} replaced": "{count} remplacés",
  "{count} removed": "{count} supprimés",
  "{count} run": "{count} lancés",
  "{count} stopped": "{count} arrêtés",
  "{count} started": "{count} démarrés",
  "{count} restarted": "{count} redémarrés",
  "{count} signalled": "{count} signalés",
  "{count} not done": "{count} non faits",
  "{fields} changed": "{fields} : modifié",
  "(old value)": "(ancienne valeur)",
  "(new value)": "(nouvelle valeur)",
}

const hole = /\{(\w+)\}/g

const patterns = Object.entries(french).map(([phrase, translation]) => ({
  // What stands between the holes is taken literally; only numbers may stand where a number is meant.
  pattern: new RegExp(
    `^${phrase
      .split(hole)
      .map((part, index) =>
        index % 2 === 0
          ? part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
          : part === "count"
            ? String.raw`(\d+)`
            : "(.+?)",
      )
      .join("")}$`,
  ),
  names: [...phrase.matchAll(hole)].map(([, name]) => name),
  translation,
}))

/** A phrase, or a list of them as summaries are; undefined when it is none of ours. */
export const frenchPhrase = (text: string): string | undefined => {
  for (const { pattern, names, translation } of patterns) {
    const found = pattern.exec(text)
    if (found !== null) return translation.replace(hole, (_, name: string) => found[names.indexOf(name) + 1] ?? "")
  }
  const parts = text.split(", ")
  if (parts.length < 2) return undefined
  const translated = parts.map(frenchPhrase)
  return translated.includes(undefined) ? undefined : translated.join(", ")
}
