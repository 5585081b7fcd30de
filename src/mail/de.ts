// Every German mail.
import type { MailTexts } from './content.ts'
import { noticeTexts } from './notices.ts'

const accountFooter = (email: string) => `In dieser Mail geht es um das Konto ${email} bei Bluesky Connect.`

const notices = noticeTexts({
  locale: 'de',
  channels: {
    brokenSubject: ([name = ''], count) =>
      count === 1 ? `${name} ist nicht mehr verbunden` : `${count} Ihrer Kanäle sind nicht mehr verbunden`,
    wellSubject: ([name = ''], count) =>
      count === 1 ? `${name} ist wieder verbunden` : `${count} Ihrer Kanäle sind wieder verbunden`,
    brokenLead: 'Bis das behoben ist, kann dort nichts veröffentlicht werden. Das ist geschehen, und das hilft:',
    wellLead: 'Das ging von selbst: Sie müssen nichts tun.',
    since: (time) => `Seit ${time}`,
    reconnect: 'Neu verbinden',
    look: 'Ansehen',
    more: (count) => `Und ${count} weitere: Die Seite „Kanäle“ zeigt alle.`,
    all: 'Kanäle öffnen',
    footer: accountFooter,
    unsubscribe: 'Keine Mails über Kanäle mehr',
  },
  incidents: {
    openedSubject: (title, server) => `Störung: ${title} (${server})`,
    closedSubject: (title, server) => `Vorbei: ${title} (${server})`,
    several: (count) => `Was sich bei ${count} Servern geändert hat`,
    opened: (share, connects, since, before) =>
      `${share} von ${connects} Verbindungen seit ${since} sind so gescheitert; vorher waren es ${before}.`,
    closed: (failed, connects, since) =>
      `${failed} von ${connects} Verbindungen seit ${since} sind so gescheitert. Die neuesten nicht mehr.`,
    show: 'Anzeigen',
    footer: (email) => `Diese Mail ist für den Administrator ${email} bei Bluesky Connect.`,
    unsubscribe: 'Keine Mails über Störungen mehr',
  },
})

export const de: MailTexts = {
  ...notices,
  password_reset: ({ link, email }) => ({
    subject: 'Neues Passwort festlegen',
    title: 'Neues Passwort festlegen',
    blocks: [
      { kind: 'text', text: 'Jemand, wahrscheinlich Sie, möchte ein neues Passwort für Ihr Konto festlegen.' },
      { kind: 'button', text: 'Neues Passwort festlegen', url: link },
      {
        kind: 'text',
        text: 'Der Link gilt eine Stunde lang und nur einmal. Waren Sie es nicht, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.',
      },
    ],
    footer: accountFooter(email),
  }),
  password_changed: ({ baseUrl, email }) => ({
    subject: 'Ihr Passwort wurde geändert',
    title: 'Ihr Passwort wurde geändert',
    blocks: [
      { kind: 'text', text: 'Ihr Konto hat ein neues Passwort, und überall sonst wurden Sie abgemeldet.' },
      {
        kind: 'text',
        text: 'Waren Sie es nicht, legen Sie sofort ein neues Passwort fest. Bis dahin kann sich anmelden, wer das getan hat.',
      },
      { kind: 'button', text: 'Ich war es nicht: neues Passwort festlegen', url: `${baseUrl}/forgot-password` },
    ],
    footer: accountFooter(email),
  }),
  second_factor_reset: ({ baseUrl, email }) => ({
    subject: 'Ihr zweiter Faktor wurde ausgeschaltet',
    title: 'Ihr zweiter Faktor wurde ausgeschaltet',
    blocks: [
      {
        kind: 'text',
        text: 'Ein Administrator hat den zweiten Faktor Ihres Kontos ausgeschaltet. Bis Sie einen neuen einrichten, genügt Ihr Passwort, um sich anzumelden.',
      },
      { kind: 'button', text: 'Zweiten Faktor einrichten', url: `${baseUrl}/app/account` },
      {
        kind: 'text',
        text: 'Haben Sie nicht darum gebeten, sagen Sie es sofort dem Administrator, und setzen Sie ein neues Passwort.',
      },
    ],
    footer: accountFooter(email),
  }),
  address_proof: ({ link, email }) => ({
    subject: 'Ist das Ihre E-Mail-Adresse?',
    title: 'Ist das Ihre E-Mail-Adresse?',
    blocks: [
      {
        kind: 'text',
        text: `Jemand, wahrscheinlich Sie, hat ein Konto mit der Adresse ${email}. Öffnen Sie den Link, um zu bestätigen, dass sie Ihnen gehört.`,
      },
      { kind: 'button', text: 'Ja, das ist meine', url: link },
      {
        kind: 'text',
        text: 'Der Link gilt einen Tag lang. Haben Sie hier kein Konto, müssen Sie nichts tun: Ohne Bestätigung kommen keine Mails über Kanäle.',
      },
    ],
    footer: accountFooter(email),
  }),
  invitation: ({ link, email, baseUrl }) => ({
    subject: 'Sie sind zu Bluesky Connect eingeladen',
    title: 'Sie sind zu Bluesky Connect eingeladen',
    blocks: [
      {
        kind: 'text',
        text: `Ein Administrator von ${new URL(baseUrl).host} hat ein Konto für ${email} angelegt. Wählen Sie ein Passwort, dann verbinden Sie Ihren ersten Kanal.`,
      },
      { kind: 'button', text: 'Passwort wählen', url: link },
      {
        kind: 'text',
        text: 'Der Link gilt sieben Tage lang und nur einmal. Wollen Sie kein Konto, müssen Sie nichts tun.',
      },
    ],
    footer: accountFooter(email),
  }),
  password_link: ({ link, email }) => ({
    subject: 'Neues Passwort festlegen',
    title: 'Neues Passwort festlegen',
    blocks: [
      {
        kind: 'text',
        text: 'Ein Administrator hat einen Link erstellt, mit dem Sie ein neues Passwort für Ihr Konto festlegen.',
      },
      { kind: 'button', text: 'Neues Passwort festlegen', url: link },
      {
        kind: 'text',
        text: 'Der Link gilt einen Tag lang und nur einmal. Bis Sie ihn benutzen, bleibt Ihr Passwort, wie es ist.',
      },
    ],
    footer: accountFooter(email),
  }),
  email_change: ({ link, email }) => ({
    subject: 'Ist das Ihre neue E-Mail-Adresse?',
    title: 'Ist das Ihre neue E-Mail-Adresse?',
    blocks: [
      {
        kind: 'text',
        text: `Jemand, wahrscheinlich Sie, möchte, dass das Konto ${email} ab jetzt diese Adresse hat. Öffnen Sie den Link, um sie zu ändern.`,
      },
      { kind: 'button', text: 'Ja, ändern', url: link },
      {
        kind: 'text',
        text: 'Der Link gilt einen Tag lang und nur einmal. Waren Sie es nicht, müssen Sie nichts tun: Es ändert sich nichts.',
      },
    ],
    footer: accountFooter(email),
  }),
  email_changed: ({ email }) => ({
    subject: 'Die Adresse Ihres Kontos wurde geändert',
    title: 'Die Adresse Ihres Kontos wurde geändert',
    blocks: [
      { kind: 'text', text: `Ihr Konto hat jetzt die E-Mail-Adresse ${email}. Melden Sie sich ab jetzt mit ihr an.` },
      {
        kind: 'text',
        text: 'Waren Sie es nicht, sagen Sie es sofort dem Administrator: Wer das getan hat, kennt Ihr Passwort.',
      },
    ],
    footer: accountFooter(email),
  }),
  address_taken: ({ baseUrl, email }) => ({
    subject: 'Sie haben schon ein Konto',
    title: 'Sie haben schon ein Konto',
    blocks: [
      {
        kind: 'text',
        text: `Jemand, wahrscheinlich Sie, wollte ein Konto mit der Adresse ${email} anlegen. Es gibt schon eines, und es bleibt, wie es ist.`,
      },
      { kind: 'button', text: 'Anmelden', url: `${baseUrl}/sign-in` },
      {
        kind: 'text',
        text: `Wissen Sie das Passwort nicht mehr, legen Sie ein neues fest: ${baseUrl}/forgot-password`,
      },
      { kind: 'text', text: 'Waren Sie es nicht, müssen Sie nichts tun.' },
    ],
    footer: accountFooter(email),
  }),
}
