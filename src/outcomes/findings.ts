// What a look at a server can find, with its words: is it one that accounts can sign in at, and if not, why not.

export type FindingTone = 'good' | 'warn' | 'bad'

/** What the words of a finding name, servers without https://. */
export interface Named {
  host: string
  target: string
  suggestion: string
  detail: string
  domains: string
}

export interface FindingWords {
  title: string
  text: (named: Named) => string
}

interface Row extends FindingWords {
  tone: FindingTone
}

const table = {
  answers: {
    tone: 'good',
    title: 'It answers, and is a Bluesky server',
    text: ({ domains }) =>
      domains ? `Handles that it gives out end in ${domains}.` : 'It does not say which handles it gives out.',
  },
  behind_entryway: {
    tone: 'warn',
    title: 'It is one of many servers behind another',
    text: ({ host, suggestion }) =>
      `${host} holds accounts, but they sign in at ${suggestion}, which knows all of its neighbours too. Use that one.`,
  },
  web_page: {
    tone: 'bad',
    title: 'It is the web page',
    text: ({ host, suggestion }) =>
      `${host} is what people open in a browser; nobody can be connected there. Use ${suggestion}.`,
  },
  other_service: {
    tone: 'bad',
    title: 'It is another service of Bluesky',
    text: ({ host, suggestion }) => `${host} holds no accounts, so nobody can be connected there. Use ${suggestion}.`,
  },
  redirects: {
    tone: 'bad',
    title: 'It sends us on to another address',
    text: ({ host, target }) =>
      `${host} redirects to ${target}. App passwords are never sent on: enter the address of the server itself.`,
  },
  not_a_server: {
    tone: 'bad',
    title: 'It answers, but not as a Bluesky server',
    text: ({ host, detail }) =>
      `Something else stands at ${host} (${detail}). Check the address; if it is right, have whoever runs the server look at what is in front of it.`,
  },
  wall: {
    tone: 'bad',
    title: 'A protection in front of it refuses this machine',
    text: ({ host, detail }) =>
      `${host} answered ${detail}. Whoever runs it has to let this machine through to the paths below /xrpc/.`,
  },
  limited: {
    tone: 'warn',
    title: 'It takes no more calls from this machine for now',
    text: ({ host, detail }) => `${host} answered ${detail}. That passes by itself.`,
  },
  broken: {
    tone: 'bad',
    title: 'It reports a fault of its own',
    text: ({ host, detail }) =>
      `${host} answered ${detail}. Whoever runs it finds the cause in its log; connects are tried again by themselves.`,
  },
  unknown_host: {
    tone: 'bad',
    title: 'There is no such host',
    text: ({ host }) => `No name server knows ${host}. Check the spelling, and the DNS record if the server is yours.`,
  },
  names_fail: {
    tone: 'bad',
    title: 'Its name cannot be looked up',
    text: ({ host }) =>
      `The name servers give no answer for ${host}. Either theirs are out of order, or this machine cannot reach its own.`,
  },
  closed_port: {
    tone: 'bad',
    title: 'Nothing listens there',
    text: ({ host }) =>
      `The machine at ${host} refuses the connection. Check the port; if it is right, the server is not running, or a firewall is in front of it.`,
  },
  silent: {
    tone: 'bad',
    title: 'It does not answer',
    text: ({ host }) => `${host} kept silent. It may be down, or a firewall lets nothing through from this machine.`,
  },
  cut_off: {
    tone: 'bad',
    title: 'The connection to it breaks off',
    text: ({ host, detail }) => `${host} was reached, but gave no whole answer (${detail}).`,
  },
  certificate_untrusted: {
    tone: 'bad',
    title: 'Its certificate is not trusted',
    text: ({ host }) =>
      `Whoever signed the certificate of ${host} is not known here, or the certificate in between is missing from what it sends.`,
  },
  certificate_expired: {
    tone: 'bad',
    title: 'Its certificate is out of date',
    text: ({ host }) =>
      `The certificate of ${host} is not valid today. Whoever runs it has to renew it; if it was renewed, check the clock of this machine.`,
  },
  certificate_name: {
    tone: 'bad',
    title: 'Its certificate is for another name',
    text: ({ host }) =>
      `The certificate that is shown at ${host} does not have that name. Use the name that it has, or have it made for this one.`,
  },
  no_tls: {
    tone: 'bad',
    title: 'No secure connection comes about',
    text: ({ host, detail }) => `${host} does not speak TLS 1.2 or newer on that port (${detail}).`,
  },
  not_allowed: {
    tone: 'bad',
    title: 'This program may not call it',
    text: ({ host }) =>
      `${host} is not called: only https addresses of the public network are. Name a server on your own network in ALLOW_PRIVATE_NETWORK.`,
  },
  port_not_allowed: {
    tone: 'bad',
    title: 'This program does not call that port',
    text: ({ host }) =>
      `${host} is not called: only port 443 of public addresses is. Leave the port out, or name a server on your own network with its port in ALLOW_PRIVATE_NETWORK.`,
  },
} satisfies Record<string, Row>

export type Finding = keyof typeof table

/** What a look found. */
export interface Found {
  finding: Finding
  /** what the server calls itself in `describeServer`; null where it did not say */
  did: string | null
  /** the ends of the handles that it gives out, each with its dot in front, its first choice first */
  domains: string[]
  /** origin that it redirects to */
  target: string | null
  /** origin of the server that was probably meant */
  suggestion: string | null
  /** a short technical phrase, never a server's own words */
  detail: string
}

export const findings: Readonly<Record<Finding, Row>> = table
export const findingCodes = Object.keys(table) as [Finding, ...Finding[]]

const LISTED = 4

const hostOf = (origin: string) => origin.replace(/^https?:\/\//, '')

/**
 * @param origin of the server that was looked at
 * @param nameless what an address that is not known is called in that language
 */
export function namesIn(
  origin: string,
  told: Pick<Found, 'domains' | 'target' | 'suggestion' | 'detail'>,
  { locale, nameless }: { locale: string; nameless: string },
): Named {
  const { target, suggestion, detail, domains } = told
  const shown = domains.length > LISTED ? [...domains.slice(0, LISTED), '…'] : domains
  return {
    host: hostOf(origin),
    target: target ? hostOf(target) : nameless,
    suggestion: suggestion ? hostOf(suggestion) : nameless,
    detail,
    domains: new Intl.ListFormat(locale, { type: 'unit' }).format(shown),
  }
}
