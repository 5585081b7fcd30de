// Holds the guard's address classes against a table of the special ranges that was written down on its own.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../src/http/address.ts'
import { addressClass, isAllowedAddress, parseOpened } from '../../src/http/private-network.ts'

type Range = { bits: 32 | 128; base: bigint; length: number; text: string }

// IANA special-purpose registries for IPv4 and IPv6, also the rows that are reachable, and multicast.
const special = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '255.255.255.255/32',
  '0:0:0:0:0:0:0:0/128',
  '0:0:0:0:0:0:0:1/128',
  '0:0:0:0:0:0:0:0/96',
  '0:0:0:0:0:ffff:0:0/96',
  '0:0:0:0:ffff:0:0:0/96',
  '64:ff9b:1:0:0:0:0:0/48',
  '100:0:0:0:0:0:0:0/64',
  '100:0:0:1:0:0:0:0/64',
  '2001:0:0:0:0:0:0:0/23',
  '2001:0:0:0:0:0:0:0/32',
  '2001:1:0:0:0:0:0:1/128',
  '2001:1:0:0:0:0:0:2/128',
  '2001:1:0:0:0:0:0:3/128',
  '2001:2:0:0:0:0:0:0/48',
  '2001:3:0:0:0:0:0:0/32',
  '2001:4:112:0:0:0:0:0/48',
  '2001:10:0:0:0:0:0:0/28',
  '2001:20:0:0:0:0:0:0/28',
  '2001:30:0:0:0:0:0:0/28',
  '2001:db8:0:0:0:0:0:0/32',
  '2002:0:0:0:0:0:0:0/16',
  '2620:4f:8000:0:0:0:0:0/48',
  '3fff:0:0:0:0:0:0:0/20',
  '5f00:0:0:0:0:0:0:0/16',
  'fc00:0:0:0:0:0:0:0/7',
  'fe80:0:0:0:0:0:0:0/10',
  'fec0:0:0:0:0:0:0:0/10',
  'ff00:0:0:0:0:0:0:0/8',
].map(readRange)

const openedForPrivate = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '0:0:0:0:0:0:0:1/128',
  'fc00:0:0:0:0:0:0:0/7',
]

const metadata = ['100.100.100.200', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254']

function readRange(text: string): Range {
  const [address = '', length = ''] = text.split('/')
  const [separator, width, radix] = text.includes(':') ? ([':', 16n, 16] as const) : (['.', 8n, 10] as const)
  const base = address.split(separator).reduce((sum, part) => (sum << width) | BigInt(parseInt(part, radix)), 0n)
  return { bits: separator === ':' ? 128 : 32, base, length: Number(length), text }
}

const contains = (range: Range, value: bigint) => {
  const free = BigInt(range.bits - range.length)
  return value >> free === range.base >> free
}

const parts = (value: bigint, count: number, width: bigint) =>
  Array.from({ length: count }, (_, index) =>
    Number((value >> (BigInt(count - 1 - index) * width)) & ((1n << width) - 1n)),
  )

const dotted = (value: bigint) => parts(value, 4, 8n).join('.')
const groups = (value: bigint) => parts(value, 8, 16n).map((part) => part.toString(16))

/** Every way to write one address that a name server's answer or a URL may hold. */
function spellings(bits: 32 | 128, value: bigint): string[] {
  if (bits === 32) return [dotted(value)]
  const full = groups(value)
  return [
    full.join(':'),
    full.map((group) => group.padStart(4, '0').toUpperCase()).join(':'),
    full.join(':').replace(/(^|:)0(:0)+(:|$)/, '::'),
    `${full.slice(0, 6).join(':')}:${dotted(value & 0xffffffffn)}`,
  ]
}

/** An address out of one of the special IPv4 ranges. */
const anyPart = fc.constantFrom(...special.filter(({ bits }) => bits === 32)).chain((range) => addressIn(range))

const addressIn = (range: Range) => {
  const free = BigInt(range.bits - range.length)
  return fc.bigInt(0n, (1n << free) - 1n).map((rest) => ((range.base >> free) << free) | rest)
}

describe('without private networks', () => {
  it.each(special)('no address of $text passes, however it is spelled', (range) => {
    fc.assert(
      fc.property(addressIn(range), (value) => {
        expect(spellings(range.bits, value).filter((text) => isAllowedAddress(text, false))).toEqual([])
      }),
    )
  })

  it('every other IPv4 address passes', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 32n) - 1n), (value) => {
        const text = dotted(value)
        fc.pre(!special.some((range) => range.bits === 32 && contains(range, value)) && !metadata.includes(text))
        expect(addressClass(text)).toBe('public')
      }),
    )
  })

  it('of IPv6 only global unicast passes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.bigInt(0n, (1n << 128n) - 1n), addressIn(readRange('2000:0:0:0:0:0:0:0/3'))), (value) => {
        const isatap = ((value >> 32n) & 0xfdffffffn) === 0x5efen
        const expected =
          value >> 125n === 1n && !isatap && !special.some((range) => range.bits === 128 && contains(range, value))
        expect(spellings(128, value).filter((text) => isAllowedAddress(text, false) !== expected)).toEqual([])
      }),
    )
  })

  it('behind a translator passes what passes without one', () => {
    fc.assert(
      fc.property(fc.oneof(fc.bigInt(0n, (1n << 32n) - 1n), anyPart), (value) => {
        const expected = isAllowedAddress(dotted(value), false)
        for (const text of spellings(128, (0x64_ff9bn << 96n) | value))
          expect(isAllowedAddress(text, false)).toBe(expected)
      }),
    )
    expect(addressClass('64:ff9b::93.184.215.14')).toBe('public')
  })

  it('what only begins as the translator’s does not pass', () => {
    const begun = fc.bigInt(1n, (1n << 64n) - 1n).map((rest) => (0x64_ff9bn << 96n) | (rest << 32n) | 0x5db8d70en)
    fc.assert(fc.property(begun, (value) => !isAllowedAddress(groups(value).join(':'), false)))
  })

  it.each(['2a00:1450::5efe:10.0.0.1', '2a00:1450::200:5efe:127.0.0.1'])('no ISATAP address passes: %s', (text) => {
    expect(addressClass(text)).toBe('isatap')
  })

  it.each(['', 'localhost', '1.2.3', '1.2.3.4.5', 'fe80::1%eth0', '::1%lo', '1.2.3.4 ', '2a00::1::2'])(
    'what is not an address in full does not pass: "%s"',
    (text) => {
      expect(isAllowedAddress(text, false)).toBe(false)
    },
  )
})

describe('with private networks', () => {
  it.each(special)('$text passes only if it is a private range', (range) => {
    fc.assert(
      fc.property(addressIn(range), (value) => {
        const narrowest = special.filter((other) => other.bits === range.bits && contains(other, value))
        const expected = narrowest.some((one) => openedForPrivate.includes(one.text))
        const texts = spellings(range.bits, value).filter((text) => !metadata.includes(text))
        expect(texts.filter((text) => isAllowedAddress(text, true) !== expected)).toEqual([])
      }),
    )
  })

  it('behind a translator passes what passes without one, but for the translator itself', () => {
    fc.assert(
      fc.property(anyPart, (value) => {
        const loopback = value >> 24n === 127n
        const expected = !loopback && isAllowedAddress(dotted(value), true)
        expect(isAllowedAddress(`64:ff9b::${dotted(value)}`, true)).toBe(expected)
      }),
    )
  })

  it.each([...metadata, '169.254.169.254', '64:ff9b::169.254.169.254', '64:ff9b::168.63.129.16'])(
    'a metadata address of a cloud never passes: %s',
    (text) => {
      expect(isAllowedAddress(text, true)).toBe(false)
    },
  )
})

/** The ways in which URLs have spelled IPv4 addresses past filters. */
function oddHosts(value: bigint): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = parts(value, 4, 8n)
  const hex = (part: number) => `0x${part.toString(16)}`
  const octal = (part: number) => `0${part.toString(8)}`
  return [
    dotted(value),
    `${dotted(value)}.`,
    String(value),
    `0x${value.toString(16)}`,
    `0${value.toString(8)}`,
    [a, b, c, d].map(hex).join('.'),
    [a, b, c, d].map(octal).join('.'),
    `${hex(a)}.${(b << 16) | (c << 8) | d}`,
    `${a}.${b}.${(c << 8) | d}`,
    dotted(value).replace('.', '%2e'),
    dotted(value).replace('.', '\u3002'),
    dotted(value).replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    `[::ffff:${dotted(value)}]`,
    `[::${dotted(value)}]`,
    `[64:ff9b::${dotted(value)}]`,
    `[2002:${groups(value).slice(6).join(':')}::1]`,
  ]
}

describe('URLs', () => {
  it('a special IPv4 address is refused in every spelling', () => {
    const ranges = special.filter((range) => range.bits === 32)
    const address = fc.constantFrom(...ranges).chain(addressIn)
    fc.assert(
      fc.property(address, (value) => {
        const urls = oddHosts(value).flatMap((host) => URL.parse(`https://${host}/`) ?? [])
        expect(urls.filter((url) => refusalOf(url, false) === undefined)).toEqual([])
      }),
    )
  })

  it.each([
    ['https://pds.example.com/xrpc/x?y=z', undefined],
    ['https://pds.example.com.:443', undefined],
    ['https://93.184.215.14/', undefined],
    ['https://[2606:2800:21f:cb07::1]/', undefined],
    ['http://pds.example.com/', 'scheme http:'],
    ['ftp://pds.example.com/', 'scheme ftp:'],
    ['file:///etc/passwd', 'scheme file:'],
    ['https://pds.example.com:8443/', 'port 8443'],
    ['https://pds.example.com:80/', 'port 80'],
    ['https://me@pds.example.com/', 'credentials in the URL'],
    ['https://:pw@pds.example.com/', 'credentials in the URL'],
    ['https://localhost/', 'name of the inside'],
    ['https://LOCALHOST./', 'name of the inside'],
    ['https://a.localhost/', 'name of the inside'],
    ['https://metadata.google.internal/', 'name of the inside'],
    ['https://printer.local/', 'name of the inside'],
    ['https://nas.home.arpa/', 'name of the inside'],
    ['https://redis/', 'name of the inside'],
    ['https://[::1]/', 'address loopback'],
  ])('%s: %s', (url, expected) => {
    expect(refusalOf(new URL(url), false)).toBe(expected)
  })

  it.each([
    ['http://localhost:2583/', undefined],
    ['http://pds:3000/', undefined],
    ['http://192.168.1.2/', undefined],
    ['https://[fd12::1]:8443/', undefined],
    ['ftp://192.168.1.2/', 'scheme ftp:'],
    ['http://me:pw@localhost/', 'credentials in the URL'],
    ['http://0.0.0.0:3000/', 'address unspecified'],
    ['http://169.254.169.254/latest', 'address linkLocal'],
    ['http://[fe80::1]/', 'address linkLocal'],
    ['http://[::ffff:127.0.0.1]/', 'address ipv4Mapped'],
  ])('with private networks, %s: %s', (url, expected) => {
    expect(refusalOf(new URL(url), true)).toBe(expected)
  })
})

describe('with a list of what is open', () => {
  const allow = [
    '10.1.0.0/16',
    'pds.internal',
    'only.example.com:2583',
    '*.below.example.com',
    '127.0.0.1:2583',
    '[fd12::]:443',
  ]
    .map(parseOpened)
    .filter((opened) => opened !== null)

  it.each([
    ['http://10.1.2.3:2583/', undefined],
    ['https://10.2.0.1/', 'address private'],
    ['http://10.2.0.1/', 'scheme http:'],
    ['http://pds.internal:3000/', undefined],
    ['https://pds.internal./', undefined],
    ['http://other.pds.internal/', 'scheme http:'],
    ['http://only.example.com:2583/', undefined],
    ['https://only.example.com/', 'port 443'],
    ['https://only.example.com:6379/', 'port 6379'],
    ['https://alice.below.example.com:8443/', undefined],
    ['https://below.example.com:8443/', 'port 8443'],
    ['http://127.0.0.1:2583/', undefined],
    ['https://127.0.0.1:6379/', 'port 6379'],
    ['https://127.0.0.1/', 'address loopback'],
    ['https://[fd12::]/', undefined],
    ['https://[fd12::1]/', 'address uniqueLocal'],
    ['http://pds.example.com/', 'scheme http:'],
    ['https://pds.example.com:8443/', 'port 8443'],
    ['http://me:pw@pds.internal/', 'credentials in the URL'],
    ['http://169.254.169.254/', 'scheme http:'],
  ])('%s: %s', (url, expected) => {
    expect(refusalOf(new URL(url), allow)).toBe(expected)
  })

  it('a name of the inside is looked up only where a network is open, and checked then', () => {
    const [network, host] = allow
    expect(refusalOf(new URL('https://redis/'), host ? [host] : [])).toBe('name of the inside')
    expect(refusalOf(new URL('https://redis/'), network ? [network] : [])).toBeUndefined()
  })

  it.each([
    ['10.1.2.3', 'redis', true],
    ['10.2.0.1', 'redis', false],
    ['127.0.0.1', 'redis', false],
    ['10.2.0.1', 'pds.internal', true],
    ['127.0.0.1', 'pds.internal', true],
    ['169.254.169.254', 'pds.internal', false],
    ['100.100.100.200', 'pds.internal', false],
    ['93.184.215.14', 'pds.internal', true],
    ['64:ff9b::10.1.2.3', 'redis', true],
    ['64:ff9b::10.2.0.1', 'redis', false],
    ['64:ff9b::127.0.0.1', 'pds.internal', false],
    ['198.18.0.7', 'bsky.social', false],
  ])('the address %s that the name %s leads to may be called: %s', (address, host, expected) => {
    expect(isAllowedAddress(address, allow, { host, port: 443 })).toBe(expected)
  })

  describe('and a translator of the network’s own', () => {
    const own = ['64:ff9b:1:1::/96', '10.1.0.0/16', '198.18.0.0/15']
      .map(parseOpened)
      .filter((opened) => opened !== null)

    it.each([
      ['64:ff9b:1:1::93.184.215.14', true],
      ['64:ff9b:1:1::10.1.2.3', true],
      ['64:ff9b:1:1::10.2.2.3', false],
      ['64:ff9b:1:1::127.0.0.1', false],
      ['64:ff9b:1:1::169.254.169.254', false],
      ['64:ff9b:1:1::168.63.129.16', false],
      ['64:ff9b:1:2::93.184.215.14', false],
      ['198.18.0.7', true],
      ['198.51.100.7', false],
    ])('%s may be called: %s', (address, expected) => {
      expect(isAllowedAddress(address, own, { host: 'pds.example.com', port: 443 })).toBe(expected)
      expect(isAllowedAddress(address, true)).toBe(false)
    })

    it('opens neither plain http nor other ports of the public addresses behind it', () => {
      const refusals = [
        'https://[64:ff9b:1:1::5db8:d70e]',
        'http://[64:ff9b:1:1::5db8:d70e]',
        'https://[64:ff9b:1:1::5db8:d70e]:25',
      ]
      expect(refusals.map((url) => refusalOf(new URL(url), own))).toEqual([undefined, 'scheme http:', 'port 25'])
    })
  })

  it('no special address that is not listed passes, however it is spelled', () => {
    const ranges = special.filter((range) => range.bits === 32 && range.text !== '10.0.0.0/8')
    fc.assert(
      fc.property(fc.constantFrom(...ranges).chain(addressIn), (value) => {
        const urls = oddHosts(value).flatMap((host) => URL.parse(`https://${host}/`) ?? [])
        expect(urls.filter((url) => refusalOf(url, allow) === undefined)).toEqual([])
      }),
    )
  })

  it.each([
    '0.0.0.0/0',
    '8.8.8.0/24',
    '172.16.0.0/11',
    '169.254.0.0/16',
    '10.0.0.0/33',
    '10.0.0.0/x',
    '10.0.0',
    '100.100.100.200',
    'http://pds.internal',
    'pds.internal:0',
    'pds.internal:70000',
    'pds.internal/x',
    '*',
    '*.',
    'a b',
    'TRUE',
    'yes',
    '1',
    '',
    '[pds.internal',
    '::/0',
    '[fe80::1]',
    '64:ff9b::/96',
    '64:ff9b::a00:0/104',
    '64:ff9b:1::/48',
    '198.0.0.0/8',
    '198.51.100.0/24',
  ])('a list with "%s" is a mistake', (entry) => {
    expect(parseOpened(entry)).toBeNull()
  })
})
