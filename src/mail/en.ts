// Every English mail.
import type { MailTexts } from './content.ts'
import { noticeTexts } from './notices.ts'

const accountFooter = (email: string) => `This mail is about the account ${email} at Bluesky Connect.`

const notices = noticeTexts({
  locale: 'en',
  channels: {
    brokenSubject: ([name = ''], count) =>
      count === 1 ? `${name} is no longer connected` : `${count} of your channels are no longer connected`,
    wellSubject: ([name = ''], count) =>
      count === 1 ? `${name} is connected again` : `${count} of your channels are connected again`,
    brokenLead: 'Nothing can be posted there until this is mended. This is what happened, and what helps:',
    wellLead: 'That happened by itself: there is nothing to do.',
    since: (time) => `Since ${time}`,
    reconnect: 'Reconnect',
    look: 'Look at it',
    more: (count) => `And ${count} more: your channels page shows them all.`,
    all: 'Open your channels',
    footer: accountFooter,
    unsubscribe: 'No more mails about channels',
  },
  incidents: {
    openedSubject: (title, server) => `Something is wrong: ${title} (${server})`,
    closedSubject: (title, server) => `It is over: ${title} (${server})`,
    several: (count) => `What changed at ${count} servers`,
    opened: (share, connects, since, before) =>
      `${share} of ${connects} connects since ${since} failed this way; before, it was ${before}.`,
    closed: (failed, connects, since) =>
      `${failed} of ${connects} connects since ${since} failed this way. The newest do not any more.`,
    show: 'Show them',
    footer: (email) => `This mail is for the administrator ${email} at Bluesky Connect.`,
    unsubscribe: 'No more mails about incidents',
  },
})

export const en: MailTexts = {
  ...notices,
  password_reset: ({ link, email }) => ({
    subject: 'Set a new password',
    title: 'Set a new password',
    blocks: [
      { kind: 'text', text: 'Somebody, most likely you, wants to set a new password for your account.' },
      { kind: 'button', text: 'Set a new password', url: link },
      {
        kind: 'text',
        text: 'The link works once, within an hour. If it was not you, do nothing: your password stays as it is.',
      },
    ],
    footer: accountFooter(email),
  }),
  password_changed: ({ baseUrl, email }) => ({
    subject: 'Your password was changed',
    title: 'Your password was changed',
    blocks: [
      { kind: 'text', text: 'Your account has a new password, and you were signed out everywhere else.' },
      { kind: 'text', text: 'If it was not you, set a new password at once. Whoever did this can sign in until then.' },
      { kind: 'button', text: 'It was not me: set a new password', url: `${baseUrl}/forgot-password` },
    ],
    footer: accountFooter(email),
  }),
  second_factor_reset: ({ baseUrl, email }) => ({
    subject: 'Your second factor was turned off',
    title: 'Your second factor was turned off',
    blocks: [
      {
        kind: 'text',
        text: 'An administrator has turned the second factor of your account off. Until you set up another one, your password alone signs in.',
      },
      { kind: 'button', text: 'Set up a second factor', url: `${baseUrl}/app/account` },
      {
        kind: 'text',
        text: 'If you did not ask for that, tell the administrator at once, and set a new password.',
      },
    ],
    footer: accountFooter(email),
  }),
  address_proof: ({ link, email }) => ({
    subject: 'Is this your e-mail address?',
    title: 'Is this your e-mail address?',
    blocks: [
      {
        kind: 'text',
        text: `Somebody, most likely you, has an account with the address ${email}. Open the link to prove that it is yours.`,
      },
      { kind: 'button', text: 'Yes, it is mine', url: link },
      {
        kind: 'text',
        text: 'The link works for a day. If you have no account here, do nothing: without it, no other mail about channels comes to you.',
      },
    ],
    footer: accountFooter(email),
  }),
  invitation: ({ link, email, baseUrl }) => ({
    subject: 'You are invited to Bluesky Connect',
    title: 'You are invited to Bluesky Connect',
    blocks: [
      {
        kind: 'text',
        text: `An administrator of ${new URL(baseUrl).host} has made an account for ${email}. Choose a password, then connect your first channel.`,
      },
      { kind: 'button', text: 'Choose a password', url: link },
      { kind: 'text', text: 'The link works once, within seven days. If you do not want an account, do nothing.' },
    ],
    footer: accountFooter(email),
  }),
  password_link: ({ link, email }) => ({
    subject: 'Set a new password',
    title: 'Set a new password',
    blocks: [
      { kind: 'text', text: 'An administrator has made a link with which you set a new password for your account.' },
      { kind: 'button', text: 'Set a new password', url: link },
      {
        kind: 'text',
        text: 'The link works once, within a day. Until you use it, your password stays as it is.',
      },
    ],
    footer: accountFooter(email),
  }),
  email_change: ({ link, email }) => ({
    subject: 'Is this your new e-mail address?',
    title: 'Is this your new e-mail address?',
    blocks: [
      {
        kind: 'text',
        text: `Somebody, most likely you, wants this to be the address of the account ${email} from now on. Open the link to change it.`,
      },
      { kind: 'button', text: 'Yes, change it', url: link },
      { kind: 'text', text: 'The link works once, within a day. If it was not you, do nothing: nothing changes.' },
    ],
    footer: accountFooter(email),
  }),
  email_changed: ({ email }) => ({
    subject: 'The address of your account was changed',
    title: 'The address of your account was changed',
    blocks: [
      { kind: 'text', text: `Your account has the e-mail address ${email} now. Sign in with that one from now on.` },
      {
        kind: 'text',
        text: 'If it was not you, tell the administrator at once: whoever did this knows your password.',
      },
    ],
    footer: accountFooter(email),
  }),
  address_taken: ({ baseUrl, email }) => ({
    subject: 'You have an account already',
    title: 'You have an account already',
    blocks: [
      {
        kind: 'text',
        text: `Somebody, most likely you, wanted to create an account with the address ${email}. There is one already, and it stays as it is.`,
      },
      { kind: 'button', text: 'Sign in', url: `${baseUrl}/sign-in` },
      { kind: 'text', text: `If you do not know the password any more, set a new one: ${baseUrl}/forgot-password` },
      { kind: 'text', text: 'If it was not you, there is nothing to do.' },
    ],
    footer: accountFooter(email),
  }),
}
