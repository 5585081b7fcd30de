// Every German text of the pages, and the German texts of the outcomes and of what is found at a server.
import type { Finding, FindingWords } from '../../outcomes/findings.ts'
import type { OutcomeTexts } from './outcome-text.ts'
import type { Texts } from './en.ts'

const plural = (n: number, one: string, many: string) => `${n.toLocaleString('de')} ${n === 1 ? one : many}`

/** What the API says of a Service URL that it does not take, by how that begins. */
const serviceUrlProblems: [beginning: string, text: string][] = [
  [
    'must be a full address',
    'Die Adresse muss vollständig sein und mit https:// beginnen, etwa https://pds.example.com.',
  ],
  [
    'must start with https:// (',
    'Die Adresse muss mit https:// beginnen; http:// geht nur für Hosts, die ALLOW_PRIVATE_NETWORK öffnet.',
  ],
  ['must start with', 'Die Adresse muss mit https:// beginnen.'],
  ['must not contain', 'Die Adresse darf weder Benutzernamen noch Passwort enthalten.'],
  ['must end after the host', 'Die Adresse muss nach dem Namen des Servers enden, ohne Pfad, „?“ oder „#“.'],
  ['is too long', 'Die Adresse ist zu lang.'],
]

export const de: Texts = {
  product: 'Bluesky Connect',
  skipToContent: 'Zum Inhalt springen',
  tryAgain: 'Erneut versuchen',
  cancel: 'Abbrechen',
  close: 'Schließen',
  loading: 'Wird geladen …',
  showMore: 'Mehr anzeigen',
  copy: 'Kopieren',
  copied: 'Kopiert',
  reference: (id) => `Kennzeichen: ${id}`,
  opensNewTab: '(öffnet einen neuen Tab)',

  nav: {
    main: 'Hauptmenü',
    channels: 'Kanäle',
    connections: 'Verbindungen',
    settings: 'Einstellungen',
    account: 'Kontomenü',
    ownAccount: 'Ihr Konto',
    signedInAs: 'Angemeldet als',
    administrator: 'Administrator',
    language: 'Sprache',
    appearance: 'Darstellung',
    light: 'Hell',
    dark: 'Dunkel',
    likeSystem: 'System',
    signOut: 'Abmelden',
  },

  states: {
    offline: 'Keine Internetverbindung. Die Anzeige kann veraltet sein und wird von selbst aktualisiert.',
    offlineTitle: 'Keine Internetverbindung',
    offlineBody: 'Die Seite lädt von selbst, sobald die Verbindung wieder steht.',
    errorTitle: 'Das konnte nicht geladen werden',
    noAnswer: 'Das Programm antwortet nicht. Vielleicht startet es gerade neu, oder die Verbindung ist unterbrochen.',
    tooSlow: 'Das Programm hat zu lange für die Antwort gebraucht.',
    stale: (time) => `Stand: ${time}. Aktualisieren ist zurzeit nicht möglich.`,
    crashTitle: 'Diese Seite funktioniert gerade nicht',
    crashBody: 'Das ist unser Fehler, und nichts Gespeichertes ist verloren. Meist hilft es, die Seite neu zu laden.',
    reload: 'Neu laden',
    notFoundTitle: 'Hier gibt es nichts',
    notFoundBody: 'Vielleicht ist die Adresse falsch geschrieben, oder die Seite ist umgezogen.',
    toChannels: 'Zu Ihren Kanälen',
    notForYouTitle: 'Diese Seite ist nicht für Sie',
    notForYouBody: 'Sie ist für Administratoren. Wenn Sie etwas davon brauchen, fragen Sie Ihren.',
  },

  account: {
    signInTitle: 'Anmelden',
    signInLead: 'Willkommen zurück.',
    signUpTitle: 'Konto anlegen',
    signUpLead: 'Das dauert eine Minute; danach verbinden Sie Ihren ersten Kanal.',
    email: 'E-Mail',
    password: 'Passwort',
    passwordRule: 'Mindestens 12 Zeichen. Mehrere Wörter, die nichts miteinander zu tun haben, merkt man sich leicht.',
    signIn: 'Anmelden',
    signUp: 'Konto anlegen',
    noAccount: 'Noch kein Konto?',
    haveAccount: 'Schon ein Konto?',
    signUpClosedTitle: 'Registrierung geschlossen',
    signUpClosedBody: 'Neue Konten legt der Administrator dieser Seite an.',
    showPassword: 'Passwort anzeigen',
    confirmTitle: 'Passwort bestätigen',
    confirmBody:
      'Ihre Anmeldung ist eine Weile her. Hier wird festgelegt, wohin App-Passwörter gehen; bitte geben Sie Ihr Passwort noch einmal ein.',
    confirm: 'Bestätigen',
    passwordWrong: 'Das ist nicht Ihr Passwort.',
    emailMissing: 'Bitte die E-Mail-Adresse eingeben.',
    emailInvalid: 'Das ist keine E-Mail-Adresse.',
    passwordMissing: 'Bitte das Passwort eingeben.',
    wrong: 'E-Mail und Passwort passen nicht zusammen. Bitte beides prüfen.',
    taken: 'Mit dieser E-Mail-Adresse gibt es schon ein Konto. Bitte melden Sie sich an.',
    tooMany: 'Zu viele Versuche. Bitte eine Minute warten.',
    codeTitle: 'Code eingeben',
    codeLead: 'Ihr Konto hat einen zweiten Faktor.',
    deleted: 'Ihr Konto wurde gelöscht.',
    signOutFailed: 'Das Abmelden hat nicht geklappt. Bitte die Verbindung prüfen und erneut versuchen.',
  },

  code: {
    app: 'Code',
    appHint: 'Sechs Ziffern aus Ihrer Authenticator-App.',
    recovery: 'Wiederherstellungscode',
    recoveryHint: 'Einer der Codes, die Sie beim Einrichten des zweiten Faktors aufbewahrt haben. Jeder gilt einmal.',
    missing: 'Bitte den Code eingeben.',
    useRecovery: 'Wiederherstellungscode verwenden',
    useApp: 'Authenticator-App verwenden',
    startAgain: 'Von vorn beginnen',
  },

  ownAccount: {
    title: 'Ihr Konto',
    lead: (email) => `Angemeldet als ${email}.`,
    passwordTitle: 'Passwort',
    passwordLead: 'Eine Änderung beendet Ihre Sitzungen auf allen anderen Geräten.',
    currentPassword: 'Bisheriges Passwort',
    newPassword: 'Neues Passwort',
    newPasswordMissing: 'Bitte das neue Passwort eingeben.',
    changePassword: 'Passwort ändern',
    passwordChanged: 'Ihr Passwort ist geändert, und Ihre anderen Sitzungen sind beendet.',
    sessionsTitle: 'Sitzungen',
    sessionsLead: 'Wo Sie angemeldet sind. Beenden Sie, was Sie nicht kennen, und ändern Sie dann Ihr Passwort.',
    unknownDevice: 'Unbekanntes Gerät',
    signedIn: 'Angemeldet',
    thisOne: 'Diese Sitzung',
    end: 'Beenden',
    endOf: (device) => `Sitzung auf ${device} beenden`,
    endOthers: 'Alle anderen Sitzungen beenden',
    noOthers: 'Sie sind nirgends sonst angemeldet.',
    sessionEnded: 'Die Sitzung ist beendet.',
    othersEnded: 'Alle anderen Sitzungen sind beendet.',
    deleteTitle: 'Konto löschen',
    deleteLead: 'Endgültig, mit allem, was dazugehört.',
    deleteButton: 'Konto löschen',
    deleteBody: 'Das lässt sich nicht rückgängig machen.',
    deleteEffects: [
      'Jeder Kanal wird getrennt und seine Sitzung auf seinem Server beendet.',
      'Ihr Konto, Ihre Sitzungen und alles Geheime zu Ihren Kanälen werden gelöscht.',
      'Bei Bluesky selbst ändert sich nichts. App-Passwörter gelten weiter, bis Sie sie dort löschen, wo Sie sie angelegt haben.',
    ],
    deleteType: (email) => `Zur Bestätigung ${email} eingeben`,
    deleteTypeWrong: 'Das ist nicht die E-Mail-Adresse dieses Kontos.',
  },

  secondFactor: {
    title: 'Zweiter Faktor',
    lead: 'Ein Code aus einer App auf Ihrem Telefon, nach dem beim Anmelden gefragt wird: Wer nur Ihr Passwort kennt, kommt damit nicht hinein.',
    isOn: 'Der zweite Faktor ist eingeschaltet.',
    isOff: 'Der zweite Faktor ist ausgeschaltet.',
    setUp: 'Einrichten',
    setUpTitle: 'Zweiten Faktor einrichten',
    passwordFirst:
      'Sie brauchen eine Authenticator-App, die zeitbasierte Codes anzeigt. Beim Einschalten enden Ihre anderen Sitzungen.',
    next: 'Weiter',
    scan: 'Scannen Sie dies mit Ihrer Authenticator-App und geben Sie den Code ein, den sie anzeigt.',
    qrCode: 'QR-Code für die Authenticator-App',
    byHand: 'Oder tippen Sie diesen Schlüssel in die App:',
    turnOn: 'Einschalten',
    codes: 'Wiederherstellungscodes',
    codesTitle: 'Bewahren Sie diese Codes auf',
    codesBody: 'Sie werden nur jetzt angezeigt. Ohne Ihr Telefon können Sie sich mit jedem einmal anmelden.',
    download: 'Herunterladen',
    kept: 'Ich habe sie aufbewahrt',
    newCodes: 'Neue Wiederherstellungscodes',
    newCodesTitle: 'Neue Wiederherstellungscodes',
    newCodesBody: 'Sie erhalten zehn neue Codes. Die bisherigen gelten dann nicht mehr.',
    turnOff: 'Ausschalten',
    turnOffTitle: 'Zweiten Faktor ausschalten?',
    turnOffBody: 'Zum Anmelden genügt dann das Passwort, und die Wiederherstellungscodes gelten nicht mehr.',
    neededTitle: 'Richten Sie Ihren zweiten Faktor ein',
    neededLead: 'Administratoren brauchen hier einen. Alles andere steht Ihnen offen, sobald er eingerichtet ist.',
  },

  status: {
    connecting: 'Anmeldung läuft',
    verifying: 'Wird geprüft',
    connected: 'Verbunden',
    retrying: 'Wartet',
    action_required: 'Braucht Hilfe',
    failed: 'Gescheitert',
    disconnected: 'Getrennt',
  },

  channels: {
    title: 'Kanäle',
    lead: 'Die Konten, auf denen Sie veröffentlichen, und wie es um sie steht.',
    connect: 'Verbinden',
    bluesky: 'Bluesky',
    blueskyHint: 'Mit Handle und App-Passwort',
    emptyTitle: 'Verbinden Sie Ihr erstes Konto',
    emptyBody:
      'Ein Kanal ist ein Konto, auf dem Sie veröffentlichen. Dafür brauchen wir Ihr Handle und ein App-Passwort, und wir prüfen mit einem Probeeintrag, den der Server ablehnen soll, ob das Veröffentlichen klappt.',
    connectBluesky: 'Bluesky verbinden',
    list: 'Ihre Kanäle',
    interrupted: 'Die laufende Aktualisierung ist unterbrochen. Stattdessen wird alle paar Sekunden nachgesehen.',
    menu: (name) => `Mehr für ${name}`,
    verify: 'Erneut prüfen',
    reconnect: 'Neu verbinden',
    newPassword: 'Neues App-Passwort verwenden',
    remove: 'Entfernen',
    details: 'Einzelheiten',
    since: 'Seit',
    added: 'Hinzugefügt',
    checked: 'Zuletzt geprüft',
    progress: 'Fortschritt',
    stepConnect: 'Anmelden',
    stepVerify: 'Prüfen, ob Veröffentlichen klappt',
    stepDone: 'Verbunden',
    stepFailed: 'hier stehen geblieben',
    stepNow: 'läuft',
    stepPassed: 'erledigt',
    nextTryAt: (time) => `Nächster Versuch um ${time}`,
    nextTryNow: 'Nächster Versuch jeden Augenblick',
    tryNow: 'Jetzt versuchen',
    trying: (name) => `${name} wird erneut versucht.`,
    connectOther: (account) => `${account} verbinden`,
    openApp: 'Bluesky-App öffnen',
    pausedTitle: 'Bluesky-Verbindungen sind angehalten',
    pausedBody:
      'Ein Administrator hat sie angehalten; zurzeit kann nichts verbunden oder geprüft werden. Was schon läuft, geht weiter, sobald sie wieder eingeschaltet sind.',
    askAdmin: 'Administrator fragen',
    asked: 'Der Administrator wurde gefragt',
    copyLink: 'Link für ihn kopieren',
    openSettings: 'Einstellungen öffnen',
    correctHandle: 'Handle berichtigen',
    offerHandle: (handle) => `${handle} verwenden`,
    whatToDo: 'Was zu tun ist',
    openLink: (host) => `${host} öffnen`,
    createAppPassword: 'App-Passwort anlegen',
    disconnectedBody: 'Dieser Kanal ist nicht verbunden. Verbinden Sie ihn neu mit einem App-Passwort.',
    announce: (name, status) => `${name}: ${status}`,
    removed: (name) => `${name} wurde entfernt.`,
    merged: (name) => `${name} ist dasselbe Konto wie ein anderer Ihrer Kanäle und wurde mit ihm vereint.`,
    checking: (name) => `${name} wird geprüft.`,
    removeTitle: (name) => `${name} entfernen?`,
    removeBody:
      'Wir beenden die Sitzung auf dem Server und vergessen alles Geheime zu diesem Konto. Bei Bluesky selbst ändert sich nichts: Beiträge und Follower bleiben.',
    removeHint: 'Das App-Passwort selbst gilt weiter, bis Sie es dort löschen, wo Sie es angelegt haben.',
    removeConfirm: 'Kanal entfernen',
    did: 'Konto-ID',
    server: 'Server der Anmeldung',
    pds: 'Server des Kontos',
    identifier: 'Eingegeben als',
  },

  attempts: {
    title: 'Versuche',
    none: 'Noch kein Versuch ist zu Ende.',
    connect: 'Anmelden',
    verify: 'Veröffentlichen prüfen',
    answer: 'Antwort des Servers',
    noAnswer: 'keine Antwort',
    refusedAsItShould: 'abgelehnt, wie es sein soll',
  },

  dialog: {
    title: 'Bluesky verbinden',
    reconnectTitle: (name) => `${name} neu verbinden`,
    lead: 'Verwenden Sie ein App-Passwort, nie Ihr Hauptpasswort. Mit einem App-Passwort kann niemand Ihr Konto übernehmen oder löschen, und Sie können es jederzeit zurückziehen.',
    howTo: 'So bekommen Sie ein App-Passwort',
    step1Before: 'Öffnen Sie die ',
    step1Link: 'App-Passwörter in den Bluesky-Einstellungen',
    step1After: '.',
    step2:
      'Wählen Sie „App-Passwort hinzufügen“, geben Sie ihm einen Namen, und lassen Sie den Zugriff auf Direktnachrichten aus.',
    step3: 'Kopieren Sie das Passwort und fügen Sie es unten ein. Bluesky zeigt es nur einmal.',
    handle: 'Handle',
    handleHint: (domain) => `Zum Beispiel name${domain} oder Ihre eigene Domain.`,
    handleProblems: {
      nothing: 'Geben Sie das Handle des Kontos ein, etwa name.bsky.social.',
      no_domain:
        'Ein Handle hat mindestens zwei Teile mit einem Punkt dazwischen, etwa name.bsky.social. Ergänzen Sie, was nach dem Namen kommt.',
      app_password:
        'Ein Teil davon sieht nach einem App-Passwort aus, deshalb wird nichts davon behalten. Hierher gehört nur das Handle; das App-Passwort hat ein eigenes Feld. Ist es doch Ihr Handle, geben Sie es ganz ein, etwa name.bsky.social, oder Ihre Konto-ID (did:plc:…).',
      several: 'Das nennt mehr als ein Konto. Geben Sie ein einziges Handle ein.',
      fediverse:
        'Das ist eine Adresse von Mastodon oder Ähnlichem. Gebraucht wird ein Bluesky-Handle, etwa name.bsky.social.',
      link: 'Dieser Link sagt nicht, welches Konto gemeint ist. Geben Sie das Handle oder den Link eines Profils ein.',
      did: 'Eine Konto-ID ist did:plc: mit 24 Buchstaben und Ziffern oder did:web: mit einer Domain.',
      email: 'Das ist keine ganze E-Mail-Adresse. Geben Sie das Handle des Kontos ein, etwa name.bsky.social.',
      characters:
        'Ein Handle hat Buchstaben, Ziffern und Bindestriche, in Teilen mit einem Punkt dazwischen. Hier steht noch etwas anderes.',
      shape:
        'Ein Teil eines Handles ist nicht leer und hat an seinen Enden keinen Bindestrich, der letzte beginnt mit einem Buchstaben, und zusammen sind es höchstens 253 Zeichen.',
      unclear: 'Es ist nicht klar, welches Konto gemeint ist. Geben Sie nur das Handle ein, etwa name.bsky.social.',
    },
    completes: (handle) => `Wird zu ${handle}. Endet Ihres anders, schreiben Sie es ganz aus.`,
    completed: (handle) => `Ergänzt zu ${handle}. Endet Ihres anders, ändern Sie es.`,
    inAscii: (handle) => `Geht als ${handle} an den Server; das ist derselbe Name.`,
    parted: 'Handle und App-Passwort kamen zusammen: Jetzt steht jedes in seinem Feld.',
    moved: 'Das war ein App-Passwort: Jetzt steht es in seinem eigenen Feld.',
    tidied: (handle) => `Aufgeräumt zu ${handle}`,
    appPassword: 'App-Passwort',
    appPasswordHint: 'Sieht aus wie abcd-efgh-ijkl-mnop.',
    appPasswordMissing: 'Bitte das App-Passwort einfügen.',
    appPasswordSoFar: (n) => `${n} von 16 Zeichen`,
    appPasswordGood: 'Das sieht nach einem App-Passwort aus.',
    appPasswordWrong:
      'Das sieht nicht nach einem App-Passwort aus und wird deshalb nicht gesendet. App-Passwörter sind vier Gruppen aus vier kleinen Buchstaben und Ziffern mit Strichen dazwischen, etwa abcd-efgh-ijkl-mnop.',
    connect: 'Verbinden',
    reconnect: 'Neu verbinden',
    safe: 'Wird verschlüsselt aufbewahrt und vernichtet, sobald die Anmeldung geklappt hat, spätestens nach 24 Stunden.',
  },

  settings: {
    title: 'Bluesky-Einstellungen',
    lead: 'Bluesky arbeitet mit App-Passwörtern, deshalb sind keine Zugangsdaten für Entwickler nötig. Meist bleibt hier alles, wie es ist.',
    serviceUrl: 'Service-URL',
    serviceUrlHint: (url) => `Nur für einen selbst betriebenen Server. Leer bedeutet ${url}.`,
    serviceUrlWrong: (problem) =>
      serviceUrlProblems.find(([beginning]) => problem.startsWith(beginning))?.[1] ??
      'Erwartet wird die Adresse eines Servers und nicht mehr, etwa https://pds.example.com.',
    didYouMean: (url) => `${url} verwenden`,
    inEffect: 'In Kraft:',
    looking: 'Der Server wird angesehen …',
    lookingLong:
      'Es dauert noch: Auf einen stummen Server wird eine Viertelminute gewartet. Läuft kein Worker, sieht niemand nach.',
    lookedAt: 'Angesehen:',
    anotherAddress: 'eine andere Adresse',
    lookAgain: 'Noch einmal ansehen',
    fromSaved: 'hier gespeichert',
    fromEnv: 'aus BLUESKY_SERVICE_URL',
    fromDefault: 'die Vorgabe',
    otherServers: 'Konten auf anderen Servern',
    follow: 'Folgen',
    followHint:
      'Jedes Konto wird bei dem Server angemeldet, den sein öffentlicher Eintrag nennt, und nur dann bei der Service-URL, wenn das nicht herauszufinden ist, wie bei einer E-Mail-Adresse.',
    refuse: 'Ablehnen',
    refuseHint:
      'App-Passwörter gehen nur an die Service-URL; ein Konto auf einem anderen Server wartet, und Sie erfahren, auf welchem es ist und wie viele Leute das betrifft.',
    automatic: 'Automatisch',
    automaticHint: (unsaved) =>
      `Folgen, solange die Service-URL die Vorgabe ist, und Ablehnen, sobald sie eine andere ist, wenn PDS_DISCOVERY nichts anderes sagt. Jetzt: ${unsaved === 'follow' ? 'Folgen' : 'Ablehnen'}.`,
    status: 'Status',
    enabled: 'Eingeschaltet',
    enabledHint: 'Konten können verbunden werden.',
    disabled: 'Ausgeschaltet',
    disabledHint:
      'Neue Verbindungen werden abgelehnt. Laufende warten und gehen nach dem Einschalten von selbst weiter.',
    save: 'Speichern',
    saved: 'Gespeichert.',
    retried: (n) =>
      n === 0
        ? 'Keine Verbindung musste neu laufen.'
        : `${plural(n, 'Verbindung läuft', 'Verbindungen laufen')} von selbst noch einmal.`,
    waiting: (n) =>
      `${plural(n, 'Verbindung wartet auf ihren Besitzer: Das Konto ist', 'Verbindungen warten auf ihre Besitzer: Die Konten sind')} auf einem anderen Server, und kein Passwort geht an einen fremden.`,
    noTest:
      'Einen Test-Knopf gibt es nicht: Nichts hier kann sich von sich aus anmelden. Jede Verbindung wird geprüft, wenn jemand ein App-Passwort absendet.',
    lastDay: 'Letzte 24 Stunden bei',
    connected: 'verbunden',
    failed: 'gescheitert',
    noneYet: 'In den letzten 24 Stunden hat hier niemand ein Konto verbunden.',
    seeFailures: 'Gescheiterte Verbindungen ansehen',
    changes: 'Letzte Änderungen',
    noChanges: 'Bisher wurde nichts geändert.',
    changeFromTo: (from, to) => `${from} → ${to}`,
    empty: '(leer)',
    environment: 'Umgebung',
    destinationChanged: (who, option, from, to) =>
      `${who} hat „${option}“ von ${from} auf ${to} geändert, und damit, wohin App-Passwörter gehen.`,
    optionNames: {
      'bluesky_service-url': 'Service-URL',
      bluesky_integration_status: 'Status',
      bluesky_other_servers: 'Konten auf anderen Servern',
      retry: 'Erneut versucht',
    },
    actions: {
      option_changed: 'Geändert',
      connections_retried: 'Noch einmal versucht',
      connection_retried: 'Verbindung noch einmal versucht',
      connection_disconnected: 'Verbindung getrennt',
      user_created: 'Benutzer angelegt',
      user_changed: 'Benutzer geändert',
      role_changed: 'Rolle geändert',
      user_banned: 'Benutzer gesperrt',
      user_unbanned: 'Sperre aufgehoben',
      password_set: 'Passwort gesetzt',
      sessions_ended: 'Abgemeldet',
      user_removed: 'Benutzer entfernt',
    },
    roleNames: { user: 'Benutzer', admin: 'Administrator' },
    optionValues: {
      enabled: 'Eingeschaltet',
      disabled: 'Ausgeschaltet',
      follow: 'Folgen',
      refuse: 'Ablehnen',
      default: 'Automatisch',
    },
    ranAgain: (n) => `${plural(n, 'Verbindung lief', 'Verbindungen liefen')} noch einmal`,
  },

  incident: {
    title: (title, server) => `Störung: ${title} (${server})`,
    body: (share, connects, since, before) =>
      `${share} von ${plural(connects, 'Verbindung', 'Verbindungen')} seit ${since} sind so gescheitert; vorher waren es ${before}.`,
    show: 'Anzeigen',
    checkSettings: 'Einstellungen prüfen',
  },

  connections: {
    title: 'Verbindungen',
    lead: 'Alle Verbindungen aller Benutzer, die gescheiterten zuerst.',
    byStatus: 'Nach Status',
    byOutcome: 'Warum sie nicht verbunden sind',
    moreCauses: (count) => (count === 1 ? 'Eine weitere Ursache' : `${count} weitere Ursachen`),
    allConnected: 'Alle Verbindungen funktionieren.',
    byHour: 'Verbindungen je Stunde',
    lastDay: 'letzte 24 Stunden',
    chartSummary: (connected, failed) => `${connected} verbunden und ${failed} gescheitert in den letzten 24 Stunden`,
    hour: 'Stunde',
    asTable: 'Zahlen als Tabelle',
    legendConnected: 'Verbunden',
    legendFailed: 'Gescheitert',
    filters: 'Filter',
    search: 'Suche',
    searchHint: 'Handle, E-Mail, ID oder Kennzeichen',
    status: 'Status',
    notConnected: 'Nicht verbunden',
    all: 'Alle',
    outcome: 'Ursache',
    any: 'Alle',
    fixBy: 'Wer es beheben kann',
    fixByNames: {
      user: 'Der Benutzer',
      admin: 'Ein Administrator',
      time: 'Meist niemand',
      us: 'Die Entwickler',
    },
    server: 'Server',
    period: 'Geändert',
    periodAny: 'Irgendwann',
    periodHour: 'In der letzten Stunde',
    periodDay: 'In den letzten 24 Stunden',
    periodWeek: 'In den letzten 7 Tagen',
    periodFrom: (time) => `Seit ${time}`,
    periodTo: (time) => `Bis ${time}`,
    userFilter: (user) => `Benutzer: ${user}`,
    clear: 'Filter löschen',
    csv: 'CSV herunterladen',
    table: 'Verbindungen',
    user: 'Benutzer',
    account: 'Konto',
    since: 'Seit',
    nextTry: 'Nächster Versuch',
    open: (name) => `${name} öffnen`,
    emptyTitle: 'Keine Verbindung passt zum Filter',
    emptyBody: 'Löschen Sie den Filter, um alle zu sehen.',
    noneTitle: 'Noch niemand hat ein Konto verbunden',
    noneBody: 'Sobald es jemand tut, sehen Sie hier, wie es ausging.',
    goodTitle: 'Nichts braucht Ihre Hilfe',
    goodBody: 'Alle Verbindungen funktionieren.',
    next: 'Nächste Seite',
    previous: 'Vorige Seite',
    first: 'Erste Seite',
    pages: 'Seiten',
    code: 'Code',
    cause: 'Ursache',
    sameServer: (people, more, server) =>
      `${more ? 'Mindestens ' : ''}${plural(people, 'Person hat', 'Personen haben')} Konten bei ${server}, die darauf warten.`,
    forUser: 'Was der Benutzer liest',
    forAdmin: 'Was Sie tun können',
    retry: 'Erneut versuchen',
    retryHint: 'Führt den gescheiterten Schritt noch einmal aus.',
    retried: 'Läuft noch einmal.',
    needsUser:
      'Für einen neuen Versuch fehlt, was nicht mehr aufbewahrt wird: App-Passwort oder Sitzung. Der Benutzer muss neu verbinden.',
    disconnect: 'Trennen',
    disconnectTitle: (name) => `${name} trennen?`,
    disconnectBody: (user) =>
      `Wir beenden die Sitzung auf dem Server und vergessen alles zu dieser Verbindung, so als hätte ${user || 'der Benutzer'} sie entfernt. Für eine neue Verbindung ist ein App-Passwort nötig. Bei Bluesky selbst ändert sich nichts.`,
    disconnected: (name) => `${name} wurde getrennt.`,
    retryAll: (n) => `Alle ${n.toLocaleString('de')} erneut versuchen`,
    retryAllTitle: (n) => `${plural(n, 'Verbindung', 'Verbindungen')} erneut versuchen?`,
    retryAllBody:
      'Jede Verbindung des Filters, bei der das noch geht, führt ihren gescheiterten Schritt noch einmal aus: nach und nach, damit kein Ansturm von Anmeldungen daraus wird. Ausgenommen sind jene, deren App-Passwort nicht mehr aufbewahrt wird; ihre Besitzer müssen neu verbinden.',
    retriedAll: (n) => `${plural(n, 'Verbindung läuft', 'Verbindungen laufen')} noch einmal.`,
    allOfUser: 'Alle Verbindungen dieses Benutzers',
    asksForHelp: (user) => `${user || 'Der Benutzer'} bittet um Hilfe`,
    askedForHelp: 'Bittet um Hilfe',
    askForHelp: (n) =>
      plural(n, 'Verbindung, deren Besitzer um Hilfe bittet', 'Verbindungen, deren Besitzer um Hilfe bitten'),
    showAsked: 'Anzeigen',
    livesAt: 'Das Konto liegt bei',
    reference: 'Kennzeichen',
    never: '–',
  },

  time: {
    justNow: 'gerade eben',
  },

  problems: {
    unknown:
      'Die Antwort des Programms ist nicht lesbar. Vielleicht hat auf dem Weg dorthin etwas anderes an seiner Stelle geantwortet.',
    password_too_short: 'Bitte mindestens 12 Zeichen verwenden.',
    password_too_long: 'Bitte höchstens 128 Zeichen verwenden.',
    password_is_address: 'Das Passwort darf nicht die E-Mail-Adresse oder ein Teil davon sein.',
    password_too_easy:
      'Dieses Passwort gehört zu den ersten, die geraten werden. Nehmen Sie mehrere Wörter, die nichts miteinander zu tun haben.',
    fresh_session_needed: 'Ihre Anmeldung ist eine Weile her. Bitte bestätigen Sie Ihr Passwort.',
    last_admin: 'Das ist der einzige Administrator. Bestimmen Sie zuerst einen anderen.',
    role_unknown: 'Diese Rolle gibt es nicht.',
    BANNED_USER: 'Dieses Konto ist gesperrt. Fragen Sie den Administrator dieser Seite.',
    second_factor_needed: 'Administratoren brauchen hier einen zweiten Faktor; er lässt sich nicht ausschalten.',
    session_not_found: 'Diese Sitzung gibt es nicht mehr.',
    INVALID_CODE:
      'Dieser Code stimmt nicht. Nehmen Sie den, den die App gerade anzeigt; die Uhr Ihres Telefons muss richtig gehen.',
    INVALID_BACKUP_CODE: 'Das ist keiner Ihrer Wiederherstellungscodes, oder er wurde schon verwendet.',
    CODE_ALREADY_USED: 'Dieser Code wurde schon verwendet. Warten Sie auf den nächsten; er kommt binnen 30 Sekunden.',
    TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE:
      'Zu viele falsche Codes. Bitte melden Sie sich noch einmal mit dem Passwort an.',
    INVALID_TWO_FACTOR_COOKIE: 'Das hat zu lange gedauert. Bitte melden Sie sich noch einmal mit dem Passwort an.',
    ACCOUNT_TEMPORARILY_LOCKED: 'Zu viele falsche Codes. Bitte in 15 Minuten erneut versuchen.',
    PASSWORD_TOO_SHORT: 'Dieses Passwort ist zu kurz.',
    PASSWORD_TOO_LONG: 'Dieses Passwort ist zu lang.',
    bad_request: 'Die Anfrage ist nicht zu verstehen.',
    not_found: 'Das gibt es nicht oder nicht mehr.',
    idempotency_key_reused: 'Diese Eingabe wurde schon mit anderen Angaben gesendet. Bitte neu beginnen.',
    too_large: 'Das ist zu viel auf einmal.',
    invalid_input: 'Einige Angaben stimmen noch nicht.',
    identifier_malformed: 'Das ist kein Bluesky-Handle.',
    password_not_app_format: 'Das ist kein App-Passwort; es ging an keinen Server.',
    not_signed_in: 'Bitte melden Sie sich an.',
    not_for_you: 'Das ist Administratoren vorbehalten.',
    foreign_origin: 'Die Anfrage kommt von einer fremden Seite.',
    integration_disabled: 'Verbindungen zu Bluesky sind zurzeit angehalten.',
    channel_not_found: 'Diesen Kanal gibt es nicht mehr.',
    channel_not_connected:
      'Was dafür nötig ist, wird nicht mehr aufbewahrt. Verbinden Sie den Kanal neu mit einem App-Passwort.',
    channel_busy: 'Vor dem nächsten Versuch wird nichts gesendet; er kommt von selbst.',
    user_quota_used: 'Das war in kurzer Zeit zu oft. Versuchen Sie es in {wait} erneut.',
    address_quota_used: 'Aus Ihrem Netz kam in kurzer Zeit zu viel. Versuchen Sie es in {wait} erneut.',
    too_many_in_flight: 'An zu vielen Ihrer Kanäle wird gerade gearbeitet. Versuchen Sie es in {wait} erneut.',
    sign_in_delayed: 'Für dieses Konto wurden zu viele Passwörter versucht. Versuchen Sie es in {wait} erneut.',
    too_many_requests: 'Zu viele Anfragen. Bitte einen Augenblick warten.',
    internal: 'Bei uns ist etwas schiefgegangen.',
  },
  fixes: {
    integration_disabled: 'Versuchen Sie es wieder, wenn sie eingeschaltet sind.',
  },
}

export const deOutcomes: OutcomeTexts = {
  givenUp: {
    connect:
      'Wir versuchen es nicht mehr von selbst und haben das App-Passwort nicht mehr. Verbinden Sie den Kanal neu, wenn die Ursache behoben ist.',
    verify: 'Wir versuchen es nicht mehr von selbst. Versuchen Sie es erneut, wenn die Ursache behoben ist.',
  },
  phrases: {
    reason: {
      challenge: 'verlangt wird der Nachweis, dass ein Mensch im Browser anfragt',
      sign_in: 'verlangt wird eine eigene Anmeldung, bevor jemand durchkommt',
      forbidden: 'abgewiesen wird, was von hier kommt',
      legal: 'abgewiesen wird aus rechtlichen Gründen',
      detour: 'Anfragen werden auf eine andere Seite desselben Servers umgeleitet',
      maintenance: 'der Server meldet, dass er gewartet wird',
      own_fault: 'der Server meldet selbst, dass bei ihm etwas nicht stimmt',
      page: 'die Antwort ist eine Webseite',
      another_form: 'die Antwort hat eine andere Form',
      redirect: 'Anfragen werden umgeleitet; gemeint ist wahrscheinlich {target}',
      redirect_unnamed: 'Anfragen werden auf eine andere Adresse umgeleitet',
      no_such_name: 'diesen Namen gibt es nicht',
      name_not_found_out: 'die Nameserver haben zu diesem Namen nichts geantwortet',
      nobody_listens: 'unter dieser Adresse und diesem Port nimmt niemand Verbindungen an',
      cut_off: 'die Verbindung wurde abgebrochen',
      no_answer_in_time: 'es kam nicht rechtzeitig eine Antwort',
      no_way: 'von dieser Maschine führt kein Weg dorthin',
      unreadable: 'die Antwort ist zu lang oder nicht zu lesen',
      untrusted_certificate: 'das Zertifikat stammt von keiner Stelle, der diese Maschine vertraut',
      expired_certificate: 'das Zertifikat ist abgelaufen oder noch nicht gültig',
      certificate_of_another_name: 'das Zertifikat gilt für einen anderen Namen',
      no_safe_connection: 'eine sichere Verbindung kam nicht zustande',
      not_https: 'das ist keine https-Adresse',
      port: 'die Adresse nennt einen anderen Port als 443',
      inside_name: 'der Name gehört in ein inneres Netz',
      address: 'die Adresse ist {address}',
      resolved_to: 'die Adresse, mit der der Nameserver dieser Maschine dafür antwortet, ist {address}',
    },
    address: {
      loopback: 'eine dieser Maschine selbst (127.… oder ::1)',
      private: 'eine private (10.…, 172.16.… bis 172.31.…, 192.168.… oder fc00::/7)',
      shared: 'eine aus dem Netz eines Anbieters (100.64.…)',
      link_local: 'eine des eigenen Netzabschnitts (169.254.… oder fe80::)',
      unspecified: 'gar keine richtige (0.0.0.0 oder ::)',
      reserved: 'eine, die kein öffentlicher Server hat (198.18.… oder ein anderer reservierter Bereich)',
      special: 'eine aus einem besonderen Bereich',
    },
    setting: {
      saved:
        'In den Einstellungen steht {serviceUrl} als Service-URL: Berichtigen Sie sie dort, oder leeren Sie das Feld; dann gilt {unsaved}.',
      saved_alone: 'In den Einstellungen steht {serviceUrl} als Service-URL: Berichtigen Sie sie dort.',
      env: 'Die Adresse kommt aus BLUESKY_SERVICE_URL in der Umgebung: Berichtigen Sie sie dort und starten Sie neu, oder speichern Sie in den Einstellungen eine Service-URL; die geht vor.',
      default:
        'Es ist keine Service-URL eingestellt, deshalb gehen Anmeldungen an {serviceUrl}: Speichern Sie eine in den Einstellungen, wenn Ihre Konten anderswo sind.',
      other: 'Service-URL ist jetzt {serviceUrl}, nicht diese Adresse.',
    },
  },
  integration_disabled: {
    title: 'Bluesky-Verbindungen sind angehalten',
    cause: 'Der Administrator hat Verbindungen zu Bluesky angehalten.',
    fix: 'Nichts zu tun: Diese Verbindung geht von selbst weiter, sobald sie wieder eingeschaltet sind.',
    adminFix: 'Status auf „Eingeschaltet“ stellen. Wartende Verbindungen gehen dann von selbst weiter.',
  },
  identifier_malformed: {
    title: 'Das ist kein Bluesky-Handle',
    cause: 'Ein Handle hat mindestens zwei Teile mit einem Punkt dazwischen, etwa name.bsky.social.',
    fix: 'Geben Sie nur das ganze Handle ein, zum Beispiel name.bsky.social.',
  },
  password_not_app_format: {
    title: 'Das ist kein App-Passwort',
    cause:
      'Ein App-Passwort sieht aus wie abcd-efgh-ijkl-mnop. Die Eingabe sieht anders aus; sie ging an keinen Server.',
    fix: 'Legen Sie ein App-Passwort an und fügen Sie es hier ein. Verwenden Sie nie das Hauptpasswort.',
  },
  secret_unreadable: {
    title: 'Was wir von diesem Konto aufbewahren, lässt sich nicht öffnen',
    cause:
      'Das aufbewahrte App-Passwort oder die Sitzung lässt sich nicht mehr öffnen. Es wurde nirgendwohin gesendet.',
    fix: 'Verbinden Sie neu, mit demselben App-Passwort oder mit einem neuen.',
    adminFix:
      'Gesendet wurde nichts. Prüfen Sie, ob UNSEALING_KEYS noch jeden Schlüssel enthält, der in Gebrauch war; wenn ja, wurde der gespeicherte Wert verändert, und der Benutzer muss neu verbinden.',
  },
  test_post_left: {
    title: 'Unser Probeeintrag steht noch da',
    cause:
      '{server} hat unseren Probeeintrag „Connection test“ veröffentlicht, statt ihn abzulehnen, und ließ ihn nicht wieder entfernen.',
    fix: 'Öffnen Sie die Bluesky-App und löschen Sie den Beitrag „Connection test“. Sobald er weg ist, kann dieses Konto verbunden werden.',
  },
  write_rate_limited: {
    title: 'Die Grenze für Beiträge ist erreicht',
    cause: '{server} nimmt von diesem Konto vorerst nichts mehr an.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht.',
  },
  waiting_for_rate_limit: {
    title: 'Wartet auf einen Platz',
    cause: '{server} nimmt in einer bestimmten Zeit nur so viele Anfragen an.',
    fix: 'Nichts zu tun: Es geht von selbst weiter.',
  },
  ip_rate_limited: {
    title: 'Der Server ist ausgelastet',
    cause: '{server} bekommt von hier zurzeit zu viele Anfragen.',
    fix: 'Nichts zu tun: In ein paar Minuten wird es erneut versucht.',
  },
  login_rate_limited: {
    title: 'Zu viele Anmeldungen',
    cause: '{server} nimmt für dieses Konto vorerst keine Anmeldung mehr an. Das Passwort kann stimmen.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht.',
  },
  session_not_ended: {
    title: 'Die Sitzung ließ sich nicht beenden',
    cause:
      '{server} hat uns die Sitzung eines entfernten Kanals nicht beenden lassen. Hier ist nichts mehr von ihr, und dort läuft sie von selbst ab.',
    fix: 'Nichts zu tun. Wer sie sofort beenden will, löscht das App-Passwort.',
  },
  session_ended: {
    title: 'Die Sitzung ist beendet',
    cause: '{server} hat die Sitzung eines entfernten Kanals beendet oder kennt sie nicht mehr.',
    fix: 'Nichts zu tun.',
  },
  account_server_blocked: {
    title: 'Der Server des Kontos ist nicht öffentlich erreichbar',
    cause:
      'Dieses Konto nennt {server} als seinen Server, und diese Adresse darf von hier aus nicht aufgerufen werden.',
    fix: 'Fragen Sie den Betreiber des Servers: Er braucht eine öffentliche https-Adresse.',
    adminFix:
      'Zu {server}: {reason}. Der Server steht im öffentlichen Eintrag des Kontos, nicht in Ihren Einstellungen. Aufgerufen werden nur öffentliche https-Adressen auf Port 443. Ein Server im eigenen Netz muss in ALLOW_PRIVATE_NETWORK stehen.',
  },
  pds_address_blocked: {
    title: 'Der Server ist nicht öffentlich erreichbar',
    cause: 'Die Adresse von {server} darf von hier aus nicht aufgerufen werden.',
    fix: 'Der Administrator muss die Serveradresse prüfen.',
    adminFix:
      'Zu {server}: {reason}. {setting} Aufgerufen werden nur öffentliche https-Adressen auf Port 443. Ein Server im eigenen Netz muss in ALLOW_PRIVATE_NETWORK stehen. Ist der Server ein öffentlicher, antwortet der Nameserver dieser Maschine, ein Filter oder ein VPN für öffentliche Namen mit eigenen Adressen: Verwenden Sie einen anderen Nameserver, oder tragen Sie diesen Bereich in ALLOW_PRIVATE_NETWORK ein.',
  },
  account_server_protected: {
    title: 'Etwas vor dem Server des Kontos lässt uns nicht durch',
    cause:
      'Etwas vor {server}, dem Server, den dieses Konto nennt, weist ab, was von hier kommt. Am Konto und am Passwort liegt es nicht.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, sagen Sie es dem Betreiber des Servers.',
    adminFix:
      'Etwas vor {server}[, {product},] lässt uns nicht durch: {reason}. Die Adresse steht im öffentlichen Eintrag des Kontos, nicht in Ihren Einstellungen; nur der Betreiber des Servers kann diese Maschine durchlassen. Es wird von selbst erneut versucht.',
  },
  server_protected: {
    title: 'Etwas vor dem Server lässt uns nicht durch',
    cause: 'Etwas vor {server} weist ab, was von hier kommt. Am Konto und am Passwort liegt es nicht.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, muss der Administrator dafür sorgen, dass wir durchgelassen werden.',
    adminFix:
      'Etwas vor {server}[, {product},] lässt uns nicht durch: {reason}. Lassen Sie dort durch, was diese Maschine an /xrpc/ sendet; wartende Verbindungen gehen dann von selbst weiter. Hat kein Bluesky-Server diese Adresse, muss sie geändert werden. {setting}',
  },
  account_server_certificate: {
    title: 'Das Zertifikat des Servers des Kontos gilt nicht',
    cause:
      'Das Zertifikat von {server}, dem Server, den dieses Konto nennt, beweist nicht, dass er es ist. Es wurde nichts dorthin gesendet.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, sagen Sie es dem Betreiber des Servers.',
    adminFix:
      'Zu {server}: {reason}. Die Adresse steht im öffentlichen Eintrag des Kontos, nicht in Ihren Einstellungen; nur der Betreiber des Servers kann das richten. Es wird von selbst erneut versucht.',
  },
  server_certificate: {
    title: 'Das Zertifikat des Servers gilt nicht',
    cause: 'Das Zertifikat von {server} beweist nicht, dass er es ist. Es wurde nichts dorthin gesendet.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, muss der Administrator nach dem Zertifikat oder der Serveradresse sehen.',
    adminFix:
      'Zu {server}: {reason}. Ist das Zertifikat dort in Ordnung gebracht, gehen wartende Verbindungen von selbst weiter. Für eine eigene Zertifizierungsstelle starten Sie die Worker mit NODE_EXTRA_CA_CERTS. Ist die Adresse falsch, muss sie geändert werden. {setting}',
  },
  account_server_not_a_pds: {
    title: 'Der Server des Kontos ist kein Bluesky-Server',
    cause: 'Dieses Konto nennt {server} als seinen Server, und der antwortet nicht wie ein Bluesky-Server.',
    fix: 'Fragen Sie den Betreiber des Servers, und verbinden Sie danach neu.',
    adminFix:
      'Zu {server}: {reason}. Die Adresse steht im öffentlichen Eintrag des Kontos, nicht in Ihren Einstellungen.',
  },
  not_a_pds: {
    title: 'Das ist kein Bluesky-Server',
    cause: '{server} antwortet, aber nicht wie ein Bluesky-Server.',
    fix: 'Der Administrator muss die Serveradresse prüfen.',
    adminFix: '{server} antwortet nicht wie ein AT-Protocol-Server: {reason}. {setting}',
  },
  pds_unreachable: {
    title: 'Der Server antwortet nicht',
    cause: '{server} war nicht zu erreichen.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht. Wenn es so bleibt, fragen Sie den Betreiber des Servers.',
    adminFix:
      'Zu {server}: {reason}. Nichts zu tun, wenn der Server nur eine Zeit lang ausfällt. Ist die Adresse falsch, muss sie geändert werden. {setting}',
  },
  pds_error: {
    title: 'Der Server hat eine Störung',
    cause: '{server} hat einen eigenen Fehler gemeldet. Am Passwort liegt es nicht.',
    fix: 'Nichts zu tun: Es wird von selbst erneut versucht.',
    adminFix:
      'Zu {server}: {reason}. Nichts zu tun, wenn es vergeht; wenn nicht, sagen Sie es dem Betreiber des Servers.',
  },
  account_moved: {
    title: 'Das Konto ist auf einen anderen Server umgezogen',
    cause: 'Dieses Konto ist jetzt bei {actualServer}. App-Passwörter ziehen nicht mit um.',
    fix: 'Legen Sie[ bei {actualServer}] ein App-Passwort an und verbinden Sie damit neu. Dürfen Anmeldungen nur an {server} gehen, wartet die Verbindung danach, bis der Administrator sie dorthin gehen lässt.',
    adminFix:
      'Das Konto ist von {server} nach {actualServer} umgezogen. Zuerst muss sein Besitzer mit einem App-Passwort von {actualServer} neu verbinden. Steht „Konten auf anderen Servern“ auf „Folgen“, ist das alles; bei „Ablehnen“ wartet die Verbindung danach auf Sie.',
  },
  account_taken_down: {
    title: 'Das Konto ist gesperrt',
    cause: 'Der Server hat dieses Konto gesperrt. Bis das aufgehoben ist, gelten App-Passwörter nicht.',
    fix: 'Melden Sie sich in der Bluesky-App an und lesen Sie dort den Hinweis: Er sagt, wie Sie Einspruch einlegen. Verbinden Sie neu, wenn das Konto wieder da ist.',
  },
  account_suspended: {
    title: 'Das Konto ist vorübergehend gesperrt',
    cause: 'Der Server hat dieses Konto auf Zeit gesperrt. Bis das aufgehoben ist, gelten App-Passwörter nicht.',
    fix: 'Melden Sie sich in der Bluesky-App an und lesen Sie dort den Hinweis. Verbinden Sie neu, wenn die Sperre vorbei ist.',
  },
  account_deactivated: {
    title: 'Das Konto ist stillgelegt',
    cause: 'Das Konto ist ausgeschaltet; das kann der Inhaber jederzeit tun.',
    fix: 'Melden Sie sich in der Bluesky-App mit dem Hauptpasswort an, um es einzuschalten, und verbinden Sie dann neu. Wird das abgelehnt, legen Sie ein neues App-Passwort an.',
  },
  account_unverified: {
    title: 'Das Konto ist noch nicht bestätigt',
    cause: '{server} verlangt, dass E-Mail-Adresse oder Kontakt dieses Kontos zuerst bestätigt werden.',
    fix: 'Bestätigen Sie das auf Ihrem Server, und verbinden Sie dann neu.',
  },
  account_not_here: {
    title: 'Dieses Konto gibt es auf dem Server nicht',
    cause: '{server} hat dieses Konto nicht (mehr).',
    fix: 'Prüfen Sie in der Bluesky-App, ob es das Konto noch gibt, und verbinden Sie dann neu.',
  },
  signup_pending: {
    title: 'Das Konto wartet auf Freischaltung',
    cause: 'Der Server reiht neue Konten in eine Warteschlange ein; dieses ist darin.',
    fix: 'Nichts zu tun: Es wird jede Stunde erneut versucht.',
  },
  session_expired: {
    title: 'Die Sitzung ist abgelaufen',
    cause: '{server} hält eine Sitzung nur eine begrenzte Zeit offen. Gegen das Passwort sagt das nichts.',
    fix: 'Verbinden Sie neu, mit demselben Passwort wie zuvor: Es sollte noch gelten.',
  },
  session_revoked: {
    title: 'Die Verbindung ist beendet',
    cause: 'Der Server hat die Sitzung beendet: Das App-Passwort wurde gelöscht oder das Hauptpasswort geändert.',
    fix: 'Legen Sie ein neues App-Passwort an und verbinden Sie neu.',
  },
  two_factor_required: {
    title: 'Der Server verlangt einen zweiten Faktor',
    cause:
      'Der Server hat noch einen Code verlangt, wie er es beim Hauptpasswort tut. Bei App-Passwörtern ist keiner nötig.',
    fix: 'Kam der Code per E-Mail, beachten Sie ihn nicht. Legen Sie ein App-Passwort an und verwenden Sie dieses.',
  },
  main_password_used: {
    title: 'Das war das Hauptpasswort',
    cause: 'Der Server hat es angenommen, aber es öffnet das ganze Konto. Es wurde nicht behalten.',
    fix: 'Legen Sie ein App-Passwort an und verbinden Sie mit diesem.',
  },
  scope_missing: {
    title: 'Das App-Passwort darf nichts veröffentlichen',
    cause: 'Der Server lässt mit diesem App-Passwort Beiträge nicht schreiben und entfernen.',
    fix: 'Legen Sie ein neues App-Passwort an und verbinden Sie neu. Bei Bluesky selbst darf jedes App-Passwort veröffentlichen; auf einem Server, wo man wählt, was es darf, etwa Tranquil, erlauben Sie ihm, Beiträge zu schreiben und zu löschen.',
  },
  wrong_account: {
    title: 'Das sind die Zugangsdaten eines anderen Kontos',
    cause: 'Die Anmeldung hat geklappt, aber für ein anderes Konto[: {seenHandle}, nicht {identifier}].',
    fix: 'Geben Sie das App-Passwort des genannten Kontos ein[, oder verbinden Sie {seenHandle} als eigenen Kanal].',
  },
  token_rejected: {
    title: 'Der Server nimmt seine eigene Sitzung nicht an',
    cause: '{server} hat die Anmeldung angenommen und dann die eigene Sitzung abgelehnt.',
    fix: 'Verbinden Sie neu. Geschieht es wieder, sagen Sie es dem Betreiber des Servers.',
  },
  wrong_server: {
    title: 'Das Konto ist auf einem anderen Server',
    cause: 'Anmeldungen gingen an {server}, aber dieses Konto ist bei {actualServer}.',
    fix: 'Das Passwort wurde nicht geprüft, und vorerst bekommt es kein anderer Server. Es wird von selbst erneut versucht, sobald der Administrator Anmeldungen an {actualServer} gehen lässt.',
    adminFix:
      'Anmeldungen gingen an {server}; dieses Konto ist bei {actualServer}. Es gibt zwei Auswege, und jeder lässt die Verbindungen neu laufen, denen er hilft: „Konten auf anderen Servern“ auf „Folgen“ stellen, dann meldet sich jedes Konto auf seinem Server an; oder, wenn Ihre Benutzer bei {actualServer} sind, diesen Server zur Service-URL machen. Die meisten sind auf dem öffentlichen Server, bsky.social.',
  },
  did_unresolvable: {
    title: 'Niemand weiß, wo das Konto ist',
    cause: 'Zu {identifier} gibt es keinen öffentlichen Eintrag, oder er nennt keinen Server.',
    fix: 'Bitten Sie den Anbieter des Kontos, den öffentlichen Eintrag zu berichtigen. Er wird jede Stunde erneut nachgeschlagen; prüfen Sie erneut, wenn Sie wissen, dass es geschehen ist.',
  },
  handle_mismatch: {
    title: 'Das Konto hat ein anderes Handle',
    cause: 'Das Handle {identifier} führt zu einem Konto, das ein anderes verwendet[: {currentHandle}].',
    fix: 'Ist das Ihr Konto, verbinden Sie es mit dem Handle, das es jetzt hat. Ist es das nicht, lassen Sie {identifier} dort auf Ihr Konto zeigen, wo Ihre Domain verwaltet wird.',
  },
  handle_not_found: {
    title: 'Kein Konto hat dieses Handle',
    cause: 'Das Handle {identifier} führt zu keinem Konto.',
    fix: 'Prüfen Sie die Schreibweise. Stimmt sie, öffnen Sie die Bluesky-App: Das Konto kann stillgelegt oder gesperrt sein.',
  },
  app_passwords_unsupported: {
    title: 'Der Server kennt keine App-Passwörter',
    cause: 'Auf {server} läuft ein Programm ohne App-Passwörter.',
    fix: 'Dieses Konto kann nicht mit einem App-Passwort verbunden werden. Fragen Sie den Betreiber des Servers.',
  },
  identifier_is_email: {
    title: 'Bitte mit dem Handle verbinden',
    cause:
      '{server} hat die Anmeldung abgelehnt. Mit einer E-Mail-Adresse lässt sich nicht herausfinden, warum: Das App-Passwort kann falsch sein, oder das Konto liegt auf einem anderen Server.',
    fix: 'Geben Sie das Handle des Kontos ein, zum Beispiel name.bsky.social, mit seinem App-Passwort.',
  },
  identity_lookup_unavailable: {
    title: 'Das Konto muss noch einmal nachgeschlagen werden',
    cause:
      '{server} hat die Anmeldung abgelehnt, und was den Grund verrät, muss noch einmal nachgeschlagen werden: der öffentliche Eintrag des Kontos mit dem Server, auf dem es ist.',
    fix: 'Vorerst nichts zu tun: Das geschieht von selbst. Wenn Sie wissen, dass das App-Passwort falsch ist, verbinden Sie neu.',
  },
  bad_credentials: {
    title: 'Handle und App-Passwort passen nicht zusammen',
    cause:
      '{server} hat die Anmeldung abgelehnt: Das App-Passwort ist falsch, wurde gelöscht oder gehört zu einem anderen Konto.',
    fix: 'Legen Sie ein neues App-Passwort dieses Kontos an und verbinden Sie neu. Ist {identifier} nicht Ihr Konto, entfernen Sie es hier und verbinden Sie das richtige.',
  },
  record_rejected: {
    title: 'Unser Probeeintrag wurde abgelehnt',
    cause:
      '{server} nimmt den Eintrag nicht an, mit dem wir prüfen, ob das Veröffentlichen klappt. Am App-Passwort liegt es nicht.',
    fix: 'Versuchen Sie es später noch einmal. Bleibt es so, nennen Sie dem Administrator dieses Kennzeichen: {reference}.',
  },
  test_post_published: {
    title: 'Verbunden, mit einem kurz sichtbaren Probeeintrag',
    cause: '{server} kann nicht prüfen, ohne zu schreiben: Ein Probeeintrag wurde angelegt und sofort wieder entfernt.',
    fix: 'Nichts zu tun.',
  },
  hidden_on_bluesky: {
    title: 'Verbunden, aber bei Bluesky ausgeblendet',
    cause: 'Der Server nimmt Beiträge an, aber Bluesky zeigt dieses Konto nicht.',
    fix: 'Melden Sie sich in der Bluesky-App an: Steht dort ein Hinweis, sagt er, wie Sie Einspruch einlegen.',
  },
  not_on_bluesky_yet: {
    title: 'Verbunden, aber noch nicht bei Bluesky',
    cause:
      'Der Server nimmt Beiträge an, aber Bluesky kennt dieses Konto noch nicht. Ein neues Konto lernt es von selbst kennen, meist mit dem ersten Beitrag.',
    fix: 'Vorerst nichts zu tun. Erscheinen Beiträge nicht bei Bluesky, fragen Sie den Betreiber des Servers, ob Bluesky davon erfährt.',
  },
  app_password_has_dm_access: {
    title: 'Verbunden, aber das App-Passwort darf mehr als nötig',
    cause: 'Das App-Passwort darf auch Direktnachrichten lesen; das wird hier nicht gebraucht.',
    fix: 'Wer sichergehen will, legt ein App-Passwort ohne Zugriff auf Direktnachrichten an und verbindet neu.',
  },
  password_kind_unknown: {
    title: 'Verbunden',
    cause:
      'Angemeldet und schreibberechtigt. Bei {server} ist nicht zu erkennen, ob das ein App-Passwort war oder das Hauptpasswort.',
    fix: 'Nichts zu tun, wenn es ein App-Passwort war.',
  },
  test_post_unsupported: {
    title: 'Verbunden',
    cause: 'Angemeldet und schreibberechtigt. Die letzte Prüfung ist auf dieser Art von Server nicht möglich.',
    fix: 'Nichts zu tun.',
  },
  connected: {
    title: 'Verbunden',
    cause: 'Angemeldet und zum Veröffentlichen berechtigt. Es wurde nichts veröffentlicht.',
    fix: 'Nichts zu tun.',
  },
  signed_in: {
    title: 'Angemeldet',
    cause: '{server} hat das App-Passwort angenommen.',
    fix: 'Nichts zu tun.',
  },
  unknown: {
    title: 'Etwas Unerwartetes ist geschehen',
    cause: '{server} hat etwas geantwortet, das wir nicht kennen, oder die Arbeit daran brach ab.',
    fix: 'Versuchen Sie es später erneut. Bleibt es so, nennen Sie dem Administrator dieses Kennzeichen: {reference}.',
  },
}

export const deFindings: Record<Finding, FindingWords> = {
  answers: {
    title: 'Er antwortet und ist ein Bluesky-Server',
    text: ({ domains }) =>
      domains ? `Handles, die er vergibt, enden auf ${domains}.` : 'Welche Handles er vergibt, sagt er nicht.',
  },
  behind_entryway: {
    title: 'Er ist einer von vielen Servern hinter einem anderen',
    text: ({ host, suggestion }) =>
      `${host} verwaltet zwar Konten, aber angemeldet wird bei ${suggestion}, auch für alle Nachbarn. Verwenden Sie diese Adresse.`,
  },
  web_page: {
    title: 'Das ist die Webseite',
    text: ({ host, suggestion }) =>
      `${host} öffnet man im Browser; verbinden kann sich dort niemand. Verwenden Sie ${suggestion}.`,
  },
  other_service: {
    title: 'Das ist ein anderer Dienst von Bluesky',
    text: ({ host, suggestion }) =>
      `${host} hat keine Konten, deshalb kann sich dort niemand verbinden. Verwenden Sie ${suggestion}.`,
  },
  redirects: {
    title: 'Er leitet an eine andere Adresse weiter',
    text: ({ host, target }) =>
      `${host} leitet weiter an ${target}. App-Passwörter werden nie weitergeleitet: Tragen Sie die Adresse des Servers selbst ein.`,
  },
  not_a_server: {
    title: 'Er antwortet, aber nicht wie ein Bluesky-Server',
    text: ({ host, detail }) =>
      `Unter ${host} steht etwas anderes (${detail}). Prüfen Sie die Adresse; stimmt sie, muss der Betreiber nachsehen, was vor dem Server steht.`,
  },
  wall: {
    title: 'Ein Schutz vor dem Server weist diese Maschine ab',
    text: ({ host, detail }) =>
      `${host} hat mit ${detail} geantwortet. Der Betreiber muss diese Maschine zu den Pfaden unter /xrpc/ durchlassen.`,
  },
  limited: {
    title: 'Er nimmt von dieser Maschine vorerst nichts mehr an',
    text: ({ host, detail }) => `${host} hat mit ${detail} geantwortet. Das geht von selbst vorbei.`,
  },
  broken: {
    title: 'Er meldet einen eigenen Fehler',
    text: ({ host, detail }) =>
      `${host} hat mit ${detail} geantwortet. Die Ursache findet der Betreiber in seinem Log; Verbindungen werden von selbst erneut versucht.`,
  },
  unknown_host: {
    title: 'Diesen Host gibt es nicht',
    text: ({ host }) =>
      `Kein Nameserver kennt ${host}. Prüfen Sie die Schreibweise und, wenn es Ihr Server ist, den DNS-Eintrag.`,
  },
  names_fail: {
    title: 'Sein Name lässt sich nicht nachschlagen',
    text: ({ host }) =>
      `Die Nameserver geben zu ${host} keine Auskunft. Entweder sind seine gestört, oder diese Maschine erreicht ihre eigenen nicht.`,
  },
  closed_port: {
    title: 'Dort nimmt nichts Verbindungen an',
    text: ({ host }) =>
      `Die Maschine unter ${host} lehnt die Verbindung ab. Prüfen Sie den Port; stimmt er, läuft der Server nicht, oder eine Firewall steht davor.`,
  },
  silent: {
    title: 'Er antwortet nicht',
    text: ({ host }) =>
      `${host} blieb stumm. Der Server kann ausgefallen sein, oder eine Firewall lässt von dieser Maschine nichts durch.`,
  },
  cut_off: {
    title: 'Die Verbindung zu ihm bricht ab',
    text: ({ host, detail }) => `${host} war zu erreichen, gab aber keine vollständige Antwort (${detail}).`,
  },
  certificate_untrusted: {
    title: 'Seinem Zertifikat wird nicht vertraut',
    text: ({ host }) =>
      `Wer das Zertifikat von ${host} ausgestellt hat, ist hier unbekannt, oder der Server schickt das Zwischenzertifikat nicht mit.`,
  },
  certificate_expired: {
    title: 'Sein Zertifikat ist nicht gültig',
    text: ({ host }) =>
      `Das Zertifikat von ${host} gilt heute nicht. Der Betreiber muss es erneuern; ist das geschehen, prüfen Sie die Uhr dieser Maschine.`,
  },
  certificate_name: {
    title: 'Sein Zertifikat gilt für einen anderen Namen',
    text: ({ host }) =>
      `Das Zertifikat, das ${host} zeigt, enthält diesen Namen nicht. Verwenden Sie den Namen, der darin steht, oder lassen Sie es für diesen ausstellen.`,
  },
  no_tls: {
    title: 'Es kommt keine sichere Verbindung zustande',
    text: ({ host, detail }) => `${host} spricht auf diesem Port kein TLS ab Version 1.2 (${detail}).`,
  },
  not_allowed: {
    title: 'Dieses Programm darf ihn nicht aufrufen',
    text: ({ host }) =>
      `${host} wird nicht aufgerufen: Erlaubt sind nur https-Adressen im öffentlichen Netz. Einen Server im eigenen Netz nennen Sie in ALLOW_PRIVATE_NETWORK.`,
  },
  port_not_allowed: {
    title: 'Dieses Programm ruft diesen Port nicht auf',
    text: ({ host }) =>
      `${host} wird nicht aufgerufen: Von öffentlichen Adressen ist nur Port 443 erlaubt. Lassen Sie den Port weg, oder nennen Sie einen Server im eigenen Netz mit seinem Port in ALLOW_PRIVATE_NETWORK.`,
  },
}
