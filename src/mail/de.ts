// Every German mail.
import type { MailTexts } from './content.ts'

const accountFooter = (email: string) => `In dieser Mail geht es um das Konto ${email} bei Bluesky Connect.`

export const de: MailTexts = {
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
