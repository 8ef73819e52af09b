/**
 * words.ts: what visitors read, in their language: that of data-lang, else the page's, else the browser's,
 * else English. Sites override single texts by attributes of the script tag (data-text-agree="…").
 */
import type { Loader } from '../../page/skep.js';

const en = {
  notice:
    'Visitors of this site pass its public files on to each other, which makes it faster and cheaper to run. While you are here, your browser does, too. The visitors you are connected with can see your IP address.',
  ask: 'Visitors of this site can pass its public files on to each other, which makes it faster and cheaper to run. May your browser take part while you are here? The visitors you are connected with would see your IP address.',
  agree: 'Yes, take part',
  decline: 'No',
  ok: 'OK',
  more: 'Details',
  label: 'Sharing files of this site',
  title: 'Where this site comes from',
  on: 'On: your browser exchanges public files of this site with other visitors.',
  taking: 'Your browser takes files from other visitors, and gives none.',
  origin: 'From the server of this site',
  peer: 'From other visitors',
  store: 'From your own device',
  given: 'Given to other visitors',
  peers: 'Connected visitors',
  kept: 'Kept on this device',
  since: 'Bytes since this page was opened.',
  what: 'Only files that this site has declared public are exchanged, and each is checked against the site’s signature. Never: what you type, your account, your cookies, which pages you read. Connected visitors can see your IP address, as servers can.',
  pause: 'Pause sharing',
  resume: 'Go on sharing',
  remove: 'Remove everything',
  sure: 'Everything that this site keeps for sharing will be deleted, and your browser will not take part any more. Really remove it?',
  really: 'Yes, remove it',
  back: 'Cancel',
  removed: 'Everything was removed. This site goes on working without it.',
  failed: 'Not everything could be removed: close the other tabs of this site, then try again.',
  again: 'Take part again',
  save: 'Save the recording',
  close: 'Close',
  paused: 'Paused: everything comes from the server of this site.',
  'consent-declined': 'You have declined: everything comes from the server of this site.',
  'consent-missing': 'You have not been asked, or have not answered, yet.',
  'peers-off': 'This page does not use other visitors.',
  metered: 'Nothing is given away: your connection is metered or slow.',
  battery: 'Waiting: the page is hidden, and the device runs on battery.',
  off: 'Off: everything comes from the server of this site.',
};

export type Word = keyof typeof en;
export type Words = Record<Word, string>;

const de: Words = {
  notice:
    'Besucher dieser Seite geben deren öffentliche Dateien aneinander weiter; das macht sie schneller und günstiger. Solange Sie hier sind, tut das auch Ihr Browser. Verbundene Besucher können Ihre IP-Adresse sehen.',
  ask: 'Besucher dieser Seite können deren öffentliche Dateien aneinander weitergeben; das macht sie schneller und günstiger. Darf Ihr Browser mitmachen, solange Sie hier sind? Verbundene Besucher könnten Ihre IP-Adresse sehen.',
  agree: 'Ja, mitmachen',
  decline: 'Nein',
  ok: 'OK',
  more: 'Einzelheiten',
  label: 'Weitergabe von Dateien dieser Seite',
  title: 'Woher diese Seite kommt',
  on: 'An: Ihr Browser tauscht öffentliche Dateien dieser Seite mit anderen Besuchern.',
  taking: 'Ihr Browser nimmt Dateien von anderen Besuchern an und gibt keine weiter.',
  origin: 'Vom Server dieser Seite',
  peer: 'Von anderen Besuchern',
  store: 'Von Ihrem Gerät',
  given: 'An andere Besucher gegeben',
  peers: 'Verbundene Besucher',
  kept: 'Auf diesem Gerät aufbewahrt',
  since: 'Bytes, seit diese Seite geöffnet wurde.',
  what: 'Ausgetauscht werden nur Dateien, die diese Seite für öffentlich erklärt hat; jede wird gegen die Signatur der Seite geprüft. Niemals: was Sie eingeben, Ihr Konto, Ihre Cookies, welche Seiten Sie lesen. Verbundene Besucher können Ihre IP-Adresse sehen, so wie Server auch.',
  pause: 'Weitergabe anhalten',
  resume: 'Weitergabe fortsetzen',
  remove: 'Alles entfernen',
  sure: 'Alles, was diese Seite für die Weitergabe aufbewahrt, wird gelöscht, und Ihr Browser macht nicht mehr mit. Wirklich entfernen?',
  really: 'Ja, entfernen',
  back: 'Abbrechen',
  removed: 'Alles wurde entfernt. Die Seite funktioniert auch ohne.',
  failed:
    'Nicht alles konnte entfernt werden: Schließen Sie die anderen Tabs dieser Seite und versuchen Sie es noch einmal.',
  again: 'Wieder mitmachen',
  save: 'Aufzeichnung speichern',
  close: 'Schließen',
  paused: 'Angehalten: Alles kommt vom Server dieser Seite.',
  'consent-declined': 'Sie haben abgelehnt: Alles kommt vom Server dieser Seite.',
  'consent-missing': 'Sie wurden noch nicht gefragt oder haben noch nicht geantwortet.',
  'peers-off': 'Diese Seite nutzt keine anderen Besucher.',
  metered: 'Nichts wird weitergegeben: Ihre Verbindung ist getaktet oder langsam.',
  battery: 'Wartet: Die Seite ist verborgen, und das Gerät läuft mit Akku.',
  off: 'Aus: Alles kommt vom Server dieser Seite.',
};

const fr: Words = {
  notice:
    'Les visiteurs de ce site se transmettent ses fichiers publics, ce qui le rend plus rapide et moins coûteux. Tant que vous êtes ici, votre navigateur y participe. Les visiteurs connectés au vôtre peuvent voir votre adresse IP.',
  ask: 'Les visiteurs de ce site peuvent se transmettre ses fichiers publics, ce qui le rend plus rapide et moins coûteux. Votre navigateur peut-il y participer tant que vous êtes ici ? Les visiteurs connectés au vôtre verraient votre adresse IP.',
  agree: 'Oui, participer',
  decline: 'Non',
  ok: 'OK',
  more: 'Détails',
  label: 'Partage des fichiers de ce site',
  title: 'D’où vient ce site',
  on: 'Actif : votre navigateur échange des fichiers publics de ce site avec d’autres visiteurs.',
  taking: 'Votre navigateur reçoit des fichiers d’autres visiteurs et n’en donne pas.',
  origin: 'Du serveur de ce site',
  peer: 'D’autres visiteurs',
  store: 'De votre appareil',
  given: 'Donné à d’autres visiteurs',
  peers: 'Visiteurs connectés',
  kept: 'Conservé sur cet appareil',
  since: 'Octets depuis l’ouverture de cette page.',
  what: 'Seuls les fichiers que ce site a déclarés publics sont échangés, et chacun est vérifié avec la signature du site. Jamais : ce que vous saisissez, votre compte, vos cookies, les pages que vous lisez. Les visiteurs connectés peuvent voir votre adresse IP, comme les serveurs.',
  pause: 'Suspendre le partage',
  resume: 'Reprendre le partage',
  remove: 'Tout supprimer',
  sure: 'Tout ce que ce site conserve pour le partage sera effacé, et votre navigateur n’y participera plus. Vraiment supprimer ?',
  really: 'Oui, supprimer',
  back: 'Annuler',
  removed: 'Tout a été supprimé. Le site fonctionne aussi sans cela.',
  failed: 'Tout n’a pas pu être supprimé : fermez les autres onglets de ce site, puis réessayez.',
  again: 'Participer à nouveau',
  save: 'Enregistrer la trace',
  close: 'Fermer',
  paused: 'Suspendu : tout vient du serveur de ce site.',
  'consent-declined': 'Vous avez refusé : tout vient du serveur de ce site.',
  'consent-missing': 'La question ne vous a pas été posée, ou vous n’avez pas encore répondu.',
  'peers-off': 'Cette page n’utilise pas d’autres visiteurs.',
  metered: 'Rien n’est donné : votre connexion est limitée ou lente.',
  battery: 'En attente : la page est masquée et l’appareil est sur batterie.',
  off: 'Inactif : tout vient du serveur de ce site.',
};

const es: Words = {
  notice:
    'Los visitantes de este sitio se pasan entre sí sus archivos públicos, lo que lo hace más rápido y barato. Mientras esté aquí, su navegador también lo hace. Los visitantes conectados pueden ver su dirección IP.',
  ask: 'Los visitantes de este sitio pueden pasarse entre sí sus archivos públicos, lo que lo hace más rápido y barato. ¿Puede participar su navegador mientras esté aquí? Los visitantes conectados verían su dirección IP.',
  agree: 'Sí, participar',
  decline: 'No',
  ok: 'Aceptar',
  more: 'Detalles',
  label: 'Compartir archivos de este sitio',
  title: 'De dónde viene este sitio',
  on: 'Activo: su navegador intercambia archivos públicos de este sitio con otros visitantes.',
  taking: 'Su navegador recibe archivos de otros visitantes y no da ninguno.',
  origin: 'Del servidor de este sitio',
  peer: 'De otros visitantes',
  store: 'De su dispositivo',
  given: 'Dado a otros visitantes',
  peers: 'Visitantes conectados',
  kept: 'Guardado en este dispositivo',
  since: 'Bytes desde que se abrió esta página.',
  what: 'Solo se intercambian archivos que este sitio ha declarado públicos, y cada uno se comprueba con la firma del sitio. Nunca: lo que escribe, su cuenta, sus cookies, qué páginas lee. Los visitantes conectados pueden ver su dirección IP, igual que los servidores.',
  pause: 'Pausar',
  resume: 'Continuar',
  remove: 'Eliminar todo',
  sure: 'Se borrará todo lo que este sitio guarda para compartir, y su navegador dejará de participar. ¿Eliminarlo de verdad?',
  really: 'Sí, eliminar',
  back: 'Cancelar',
  removed: 'Se ha eliminado todo. El sitio funciona también sin ello.',
  failed: 'No se pudo eliminar todo: cierre las otras pestañas de este sitio e inténtelo de nuevo.',
  again: 'Participar de nuevo',
  save: 'Guardar la grabación',
  close: 'Cerrar',
  paused: 'En pausa: todo viene del servidor de este sitio.',
  'consent-declined': 'Usted no quiso participar: todo viene del servidor de este sitio.',
  'consent-missing': 'Aún no se le ha preguntado, o no ha respondido.',
  'peers-off': 'Esta página no utiliza a otros visitantes.',
  metered: 'No se da nada: su conexión es limitada o lenta.',
  battery: 'En espera: la página está oculta y el dispositivo usa la batería.',
  off: 'Inactivo: todo viene del servidor de este sitio.',
};

const all: { [language: string]: Words } = { en, de, fr, es };

export interface Language {
  /** BCP 47. */
  tag: string;
  words: Words;
}

/** The best language that we have, with the site's own texts in it. */
export function language({ data }: Pick<Loader, 'data'>): Language {
  const wanted = [data['lang'], document.documentElement.lang, ...navigator.languages];
  const known = wanted.filter((tag) => tag && tag.split('-')[0]!.toLowerCase() in all);
  const tag = known[0] ?? 'en';
  const words = { ...all[tag.split('-')[0]!.toLowerCase()]! };
  for (const [name, text] of Object.entries(data)) {
    // data-text-consent-missing is dataset.textConsentMissing
    const word = name
      .replace(/^text/, '')
      .replace(/\B[A-Z]/g, '-$&')
      .toLowerCase();
    if (name.startsWith('text') && word in words && text) words[word as Word] = text;
  }
  return { tag, words };
}

/** Bytes in the reader's own number format. */
export function bytes(count: number, tag: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const step = count < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** step;
  const digits = step === 0 || value >= 100 ? 0 : 1;
  const style = { style: 'unit', unit: units[step]!, unitDisplay: 'short' } as const;
  return new Intl.NumberFormat(tag, { ...style, maximumFractionDigits: digits }).format(value);
}
