/** Error texts in French. Details that an engine or a parser says stay in its own words. */
import { type Catalogue, diagnosticLines, type ErrorText, lookUp, remedies } from "./catalogue.ts"
import { describeFindings, frenchFindings } from "./findingTexts.ts"
import type { WindFlowError } from "./union.ts"

const tail = (log: string) => (log === "" ? "" : `\n${log}`)

const again = (restored: boolean | undefined) =>
  restored === true ? " ; le conteneur précédent fonctionne de nouveau" : ""

const kinds = { network: "le réseau", volume: "le volume", config: "la config", secret: "le secret" } as const

const catalogue: Catalogue = {
  ComposeInvalid: (e) => ({
    message: diagnosticLines(e.diagnostics, "attendu :"),
    remedy: remedies(e.diagnostics, "Corrigez le fichier et relancez la commande ; rien n’a été modifié."),
  }),
  Unsupported: (e) => ({
    message: `Le pilote ${e.driver} ne sait pas encore faire ceci :\n${diagnosticLines(e.diagnostics, "attendu :")}`,
    remedy: remedies(e.diagnostics, "Retirez les clés citées, ou déployez avec un pilote qui les prend en charge."),
  }),
  FileUnreadable: (e) => ({
    message: `Impossible de lire ${e.path} : ${e.detail}`,
    remedy: {
      missing: "Vérifiez le chemin, ou nommez le fichier avec -f.",
      permission: "Donnez à cet utilisateur le droit de lire le fichier.",
      directory: "Nommez un fichier, pas un répertoire.",
      "outside-root": "Déplacez le fichier dans le répertoire du projet.",
      "too-large": "Réduisez la taille du fichier.",
      other: "Vérifiez le chemin et le système de fichiers.",
    }[e.reason],
  }),
  FileUnwritable: (e) => ({
    message: `Impossible d’écrire ${e.path} : ${e.detail}`,
    remedy: {
      missing: "Créez son répertoire, ou nommez un autre fichier.",
      permission: "Nommez un fichier que cet utilisateur a le droit d’écrire.",
      directory: "Nommez un fichier, pas un répertoire.",
      other: "Vérifiez le chemin et le système de fichiers.",
    }[e.reason],
  }),
  PlanUnreadable: (e) => ({
    message: `Impossible de lire le plan ${e.path} : ${e.detail}`,
    remedy: "Faites un nouveau plan avec `windflow plan -o FICHIER`, ou nommez le fichier d’un plan.",
  }),
  Usage: (e) => ({
    message: `${e.subject} : ${e.detail}`,
    remedy: e.expected === undefined ? "Voir `windflow --help`." : `Attendu : ${e.expected}.`,
  }),
  ConfigInvalid: (e) => ({ message: `${e.file} : ${e.detail}`, remedy: "Corrigez le fichier de configuration." }),
  EngineUnreachable: (e) => ({
    message: `Aucun moteur Docker ne répond à ${e.endpoint} : ${e.detail}`,
    remedy: {
      "not-found":
        "Installez Docker ou démarrez-le (`systemctl start docker`), ou nommez un autre moteur avec -t ou DOCKER_HOST.",
      refused: "Démarrez le démon Docker (`systemctl start docker`), ou vérifiez l’adresse.",
      permission:
        "Ajoutez votre utilisateur au groupe propriétaire du socket (`sudo usermod -aG docker $USER`, puis reconnectez-vous), ou lancez la commande sous un utilisateur qui y a droit.",
      timeout: "Vérifiez que l’hôte est en marche et que le réseau permet de le joindre.",
      name: "Vérifiez le nom de l’hôte.",
      tls: "Vérifiez les certificats et DOCKER_CERT_PATH.",
      closed: "Le moteur a disparu pendant l’appel. Relancez la commande : elle reprend.",
      other: "Consultez le journal du moteur.",
    }[e.reason],
  }),
  NotAuthorised: (e) => ({
    message: `Accès refusé à ${e.subject} : ${e.detail}`,
    remedy: "Connectez-vous, ou demandez l’autorisation.",
  }),
  HostKeyMismatch: (e) => ({
    message: `La clé de l’hôte ${e.host} est ${e.actual}, et non ${e.expected} comme enregistré. Aucun identifiant n’a été envoyé.`,
    remedy:
      "Si l’hôte a été réinstallé, retirez son ancienne clé et ajoutez-le de nouveau après comparaison de l’empreinte.",
  }),
  HostKeyUnknown: (e) => ({
    message: `La clé de l’hôte ${e.host} n’est pas connue : ${e.fingerprint} (${e.key.split(" ")[0]}). Aucun identifiant n’a été envoyé.`,
    remedy:
      "Comparez l’empreinte sur l’hôte lui-même (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), puis enregistrez-la : " +
      `\`windflow target add NOM ssh://UTILISATEUR@${e.host.replace(/[[\]]/g, "")} --host-key ${e.fingerprint}\`.`,
  }),
  HostUnreachable: (e) => ({
    message: `Pas de connexion SSH à ${e.host} : ${e.detail}`,
    remedy: {
      refused: "Démarrez le serveur SSH de l’hôte, ou vérifiez le port.",
      timeout: "Vérifiez que l’hôte est allumé et que le réseau permet de l’atteindre.",
      name: "Vérifiez le nom de l’hôte.",
      closed: "La connexion s’est rompue. Relancez la commande : elle reprend.",
      protocol: "Vérifiez qu’un serveur SSH de ce siècle répond à ce port (OpenSSH 6.7 ou plus récent).",
      other: "Lancez `windflow target test` pour voir quelle étape échoue.",
    }[e.reason],
  }),
  LoginRefused: (e) => ({
    message: `${e.host} n’admet pas ${e.user} : proposé ${e.offered === "" ? "rien" : e.offered} ; il accepte ${e.accepted === "" ? "autre chose" : e.accepted}`,
    remedy:
      "Mettez la clé publique dans ~/.ssh/authorized_keys de l’utilisateur, ou indiquez un autre identifiant avec --identity, un agent (SSH_AUTH_SOCK) ou `identity` de la cible.",
  }),
  EngineFailed: (e) => ({
    message: `Le moteur a refusé ${e.call}${e.status === undefined ? "" : ` (${e.status})`} : ${e.detail}`,
    remedy: "Réglez ce que dit le moteur et relancez la commande : elle continue où elle s’est arrêtée.",
  }),
  ImageMissing: (e) => ({
    message: `L’image ${e.image} du service ${e.service} n’est pas sur le moteur et ne peut être tirée : ${e.detail}`,
    remedy:
      "Vérifiez le nom et l’étiquette de l’image, connectez-vous à son registre, ou faites-la apporter du moteur de cette machine (`--carry always`).",
  }),
  BuildFailed: (e) => ({
    message: `La construction de l’image du service ${e.service} a échoué à ${e.step} : ${e.detail}`,
    remedy: "Corrigez le Dockerfile ou son contexte. Rien de ce qui tourne n’a été touché.",
  }),
  PortInUse: (e) => ({
    message: `Le port ${e.port} du service ${e.service} est déjà pris sur la cible : ${e.detail}`,
    remedy: "Libérez le port ou publiez-en un autre, puis relancez la commande : elle continue où elle s’est arrêtée.",
  }),
  NameTaken: (e) => ({
    message:
      e.orphan === undefined
        ? `Un objet ${e.kind} nommé ${e.name} existe et appartient à ${e.owner}`
        : `Un objet ${e.kind} nommé ${e.name} existe et appartient au service ${e.orphan} du même projet`,
    remedy:
      e.orphan === undefined
        ? "Renommez ou supprimez cet objet, ou choisissez un autre nom de projet avec -p."
        : `Si ${e.orphan} a été renommé ou retiré du fichier, déployez avec --remove-orphans ; sinon donnez à l’un des deux un autre container_name.`,
  }),
  ExternalMissing: (e) => ({
    message: `Externe : ${kinds[e.kind]} ${e.name} n’existe pas sur la cible`,
    remedy: "Créez-le d’abord, ou retirez `external: true`.",
  }),
  Unhealthy: (e) => ({
    message: `Le service ${e.service} n’est pas sain (conteneur ${e.container})${again(e.restored)}${tail(e.log)}`,
    remedy: `Voyez \`windflow logs ${e.service}\`, corrigez le service ou son healthcheck, et relancez \`windflow up\`.`,
  }),
  ContainerExited: (e) => ({
    message: `Le conteneur ${e.container} du service ${e.service} s’est terminé avec le code ${e.exitCode}${again(e.restored)}${tail(e.log)}`,
    remedy: `Voyez \`windflow logs ${e.service}\`, corrigez le service, et relancez \`windflow up\`.`,
  }),
  HookFailed: (e) => ({
    message: `Le crochet ${e.hook} du service ${e.service} s’est terminé avec le code ${e.exitCode} (conteneur ${e.container})${tail(e.log)}`,
    remedy: "Corrigez la commande du crochet, et relancez la commande.",
  }),
  Locked: (e) => ({
    message: `${e.deployment} est en cours de modification par ${e.owner} depuis ${e.since}`,
    remedy: `Attendez la fin de cette exécution ; un verrou dont le propriétaire est mort expire à ${e.expires}.`,
  }),
  LockLost: (e) => ({
    message: `Le verrou de ${e.deployment} (époque ${e.epoch}) appartient maintenant à ${e.owner} ; cette exécution s’est arrêtée`,
    remedy: "Relancez la commande quand l’autre exécution sera terminée.",
  }),
  PlanStale: (e) => ({
    message: `${e.deployment} a changé depuis l’établissement du plan (${e.expected}, maintenant ${e.actual})`,
    remedy: "Établissez un nouveau plan et relisez-le.",
  }),
  PreconditionFailed: (e) => ({
    message: `${e.operation} n’a pas été faite : ${e.resource} ${e.detail}`,
    remedy: "Quelqu’un d’autre l’a modifié entre-temps. Relancez la commande : elle repart de l’état actuel.",
  }),
  PreflightRefused: (e) => ({
    message: `${e.deployment} : rien n’a été modifié, car cela échouerait\n${describeFindings(frenchFindings, e.findings).message}`,
    remedy: describeFindings(frenchFindings, e.findings).remedy,
  }),
  PolicyDenied: (e) => ({
    message: `La règle ${e.rule} refuse : ${e.detail}`,
    remedy: "Modifiez la pile, ou la règle.",
  }),
  ConfirmationRequired: (e) => ({
    message: `${e.subject} demande une confirmation et il n’y a pas de terminal pour la demander`,
    remedy: "Passez -y si vous êtes sûr.",
  }),
  DriverUnavailable: (e) => ({
    message: `Le pilote ${e.driver} n’est pas disponible : ${e.detail}`,
    remedy: "Utilisez le pilote `compose`.",
  }),
  DependencyMissing: (e) => ({
    message: `Le paquet ${e.package} n’est pas installé`,
    remedy: `Lancez \`${e.install}\`.`,
  }),
  ContentMissing: (e) => ({
    message: `Le contenu de ${e.path} n'est pas disponible : ${e.detail}`,
    remedy:
      "Relancez `windflow up` : le plan part de ce qui est là maintenant. Pour un retour en arrière dont les fichiers ont quitté la cible, remettez d'abord les anciens fichiers.",
  }),
  DiskFull: (e) => ({
    message: `La cible n'a plus de place pour ${e.subject} : ${e.detail}`,
    remedy:
      "Libérez de l'espace sur la cible (`docker system df` montre ce qui en prend) et relancez la commande : elle continue.",
  }),
  PrivilegeMissing: (e) => ({
    message: `${e.user} ne peut pas modifier ${e.host} : ${e.detail}`,
    remedy:
      "Connectez-vous en root, ou permettez sudo sans mot de passe (`deploy ALL=(ALL) NOPASSWD:ALL` dans /etc/sudoers.d/deploy).",
  }),
  HostUnsupported: (e) => ({
    message: `${e.host} ne peut pas être préparé : ${e.detail}`,
    remedy: `Attendu : ${e.expected}. Ou installez-y Docker vous-même : la cible s'utilise alors telle quelle.`,
  }),
  HostCommandFailed: (e) => ({
    message: `\`${e.command}\` a échoué sur ${e.host} avec le code ${e.exitCode}${e.detail === "" ? "" : ` :\n${e.detail}`}`,
    remedy: "Corrigez ce que la commande indique et relancez : ce qui est fait n'est pas refait.",
  }),
  SecretMissing: (e) => ({
    message: `Impossible d’obtenir le secret ${e.name} : ${e.detail}`,
    remedy: `Définissez-le avec \`windflow secret set ${e.name}\`.`,
  }),
  VariableMissing: (e) => ({
    message: `${e.subject} tire son contenu de la variable d’environnement ${e.variable}, qui n’est pas définie`,
    remedy: `Définissez ${e.variable}, même pour appliquer un plan enregistré ou une révision antérieure : les valeurs n’y sont pas conservées.`,
  }),
  KeyringFailed: (e) => ({
    message: `Le trousseau ${e.path} est inutilisable : ${e.detail}`,
    remedy: {
      "key-missing": "Restaurez le fichier de clé depuis votre sauvegarde, ou donnez sa clé dans WINDFLOW_KEYRING_KEY.",
      "key-exposed":
        "Retirez aux autres leurs droits (`chmod 600` sur le fichier de clé), puis changez la clé si quelqu’un a pu la lire.",
      "key-malformed":
        "Donnez 32 octets aléatoires en base64 ou en hexadécimal, par exemple de `openssl rand -base64 32`.",
      "key-wrong": "Donnez la clé qui a scellé le trousseau.",
      tampered: "Restaurez le trousseau depuis une sauvegarde et cherchez qui l’a modifié.",
      locked:
        "Attendez l’autre processus, ou arrêtez-le. S’il est sur une autre machine, supprimez son fichier de verrou une fois qu’il a disparu.",
      invalid: "Corrigez le nom ou la valeur.",
      unreadable: "Vérifiez le chemin, ses droits et la place sur le disque.",
    }[e.reason],
  }),
  StateCorrupt: (e) => ({
    message: `${e.what} est illisible : ${e.detail}`,
    remedy: "Mettez-le de côté ; WindFlow observe la cible et reconstitue ce qu’il lui faut.",
  }),
  StateUnavailable: (e) => ({
    message: `Le fichier ${e.path}, propre à WindFlow, est inutilisable : ${e.detail}`,
    remedy:
      "Libérez de la place ou donnez le droit d’y écrire (WINDFLOW_STATE_DIR désigne un autre endroit), puis relancez : la commande reprend où elle s’est arrêtée.",
  }),
  NotDeployed: (e) => ({
    message: `${e.deployment} : ${e.detail}`,
    remedy:
      e.about === "revision"
        ? "Voyez `windflow history` pour les révisions conservées."
        : "Voyez `windflow ps` pour ce qui tourne, ou déployez avec `windflow up`.",
  }),
  Cancelled: (e) => ({
    message:
      e.total === 0
        ? `${e.deployment} : annulé avant la première opération`
        : `L’exécution de ${e.deployment} a été annulée après ${e.done} opérations sur ${e.total}`,
    remedy: e.total === 0 ? "Relancez la commande quand vous le voudrez." : "Relancez `windflow up` pour converger.",
  }),
  DeadlineExceeded: (e) => ({
    message: `${e.subject} a pris plus de ${e.seconds} s`,
    remedy: "Donnez un --deadline plus long, ou regardez ce qui est attendu ; relancer continue.",
  }),
  Internal: (e) => ({
    message: `Un défaut de WindFlow : ${e.detail}`,
    remedy: "Merci de le signaler avec ce que vous avez fait. Relancer la commande est sans danger.",
  }),
}

/** The French texts of an error. */
export const french: (error: WindFlowError) => ErrorText = lookUp(catalogue)
