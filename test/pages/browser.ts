// The program and a real browser for the tests of the pages, both up for the length of a test file.
import { chromium, type Browser, type BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { bringChromium } from '../../services/bring/chromium.ts'
import { createSystem, type System } from '../helpers/system.ts'

export let system: System
export let browser: Browser

/** Called once in a test file, before its tests. */
export function useProgram(options?: Parameters<typeof createSystem>[0]): void {
  beforeAll(async () => {
    ;[system, browser] = await Promise.all([createSystem(options), openBrowser()])
  })
  afterAll(async () => {
    await browser.close()
    await system.stop()
  })
}

const openBrowser = async (): Promise<Browser> =>
  chromium.launch({
    executablePath: await bringChromium(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

export const wide: BrowserContextOptions = {
  viewport: { width: 1440, height: 900 },
  locale: 'en-GB',
  timezoneId: 'Europe/Berlin',
}
