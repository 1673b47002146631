import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { startPortalGateway } from '../support/portal-gateway.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const program = new URL('../../bin/postsiegel', import.meta.url).pathname
const executablePath = '/usr/bin/chromium'
const folder = temporaryFolder()
const gateway = await startPortalGateway(folder.path)
let running: AsyncDisposable
let portal: ChildProcess
let url: string

beforeAll(async () => {
  running = await gateway.start()
  portal = startPortalProcess()
  url = await readyUrl(portal)
})
afterAll(async () => {
  portal?.kill('SIGKILL')
  await running?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** The portal as it is installed: a process of its own that knows the settings and nothing else. */
function startPortalProcess(): ChildProcess {
  const settings = join(folder.path, 'postsiegel.yaml')
  writeFileSync(
    settings,
    `organization: { name: Muster, telephone: "+49 30 5550100", domains: [kanzlei-muster.example] }
listen: { portal: ${gateway.path} }
portal: { listen: "inet:127.0.0.1:0" }
masterKey: /nonexistent/key
state: /nonexistent/state
policies: /nonexistent/policies
`,
  )
  return spawn(program, ['portal', '--settings', settings], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function readyUrl({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('no standard output')
  for await (const line of createInterface({ input: stdout })) {
    const event = JSON.parse(line) as { event: string; url?: string }
    if (event.event === 'portal-ready' && event.url) return event.url
  }
  throw new Error('the portal ended before it was ready')
}

const pages = ['/', '/certificates', '/nothing'].flatMap((path) =>
  ['de', 'en'].map((language) => `${path}?lang=${language}`),
)

describe.skipIf(!existsSync(executablePath) && !process.env.CI)(
  'in Chromium (apt-get install chromium)',
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath,
        args: [
          ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
          ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
        ],
      })
    })
    afterAll(() => browser?.close())

    async function open(path: string, options: BrowserContextOptions): Promise<Page & AsyncDisposable> {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      await page.goto(url + path)
      return Object.assign(page, { [Symbol.asyncDispose]: () => context.close() })
    }

    for (const path of pages) {
      for (const colorScheme of ['light', 'dark'] as const) {
        it(`axe finds nothing to complain about on ${path}, ${colorScheme}`, async () => {
          // bypassCSP lets axe itself in; the pages have no script.
          await using page = await open(path, { bypassCSP: true, colorScheme })
          await page.evaluate(axe.source)
          const { violations, passes } = await page.evaluate(() =>
            (globalThis as unknown as { axe: typeof axe }).axe.run({
              runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
            }),
          )
          expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
          expect(passes.length).toBeGreaterThan(10)
        })
      }

      it(`${path} needs no scrolling to the side, at 320 px, with letters of twice the size, and wide`, async () => {
        await using page = await open(path, { bypassCSP: true })
        for (const [width, fontSize] of [
          [320, 16],
          [320, 32],
          [1280, 16],
        ] as const) {
          await page.setViewportSize({ width, height: 800 })
          await page.addStyleTag({ content: `:root { font-size: ${fontSize}px }` })
          const overflow = await page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          )
          expect([width, fontSize, overflow]).toEqual([width, fontSize, 0])
        }
      })
    }

    it('the pages obey their own content security policy, and load nothing from anywhere else', async () => {
      for (const path of pages) {
        const context = await browser.newContext()
        const page = await context.newPage()
        const complaints: string[] = []
        const hosts = new Set<string>()
        page.on('console', (message) => {
          if (!message.text().includes('404')) complaints.push(message.text())
        })
        page.on('pageerror', (error) => complaints.push(String(error)))
        page.on('request', (request) => hosts.add(new URL(request.url()).origin))
        await page.goto(url + path)
        expect(complaints).toEqual([])
        expect([...hosts]).toEqual([url])
        expect(await context.cookies()).toEqual([])
        await context.close()
      }
    })

    it('a keyboard reaches every link in order, and shows where it is', async () => {
      await using page = await open('/?lang=de', { bypassCSP: true })
      const links = await page.locator('a').count()
      const seen: string[] = []
      for (let index = 0; index < links; index++) {
        await page.keyboard.press('Tab')
        seen.push((await page.locator(':focus').textContent()) ?? '')
        expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
      }
      expect(seen).toEqual(await page.locator('a').allTextContents())
      expect(seen[0]).toBe('Zum Inhalt springen')
    })

    it('a visitor without JavaScript changes the language and downloads a certificate that OpenSSL reads', async () => {
      await using page = await open('/?lang=de', { javaScriptEnabled: false, acceptDownloads: true })
      await page.getByRole('link', { name: 'English' }).click()
      await page.getByRole('link', { name: 'Certificates', exact: true }).click()
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Certificates of our staff')
      const download = async (name: RegExp) => {
        const [file] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('link', { name }).click(),
        ])
        return { name: file.suggestedFilename(), path: await file.path() }
      }
      const one = await download(/Download certificate .* anna\.weber@/)
      expect(one.name).toBe('anna.weber@kanzlei-muster.example.cer')
      const text = execFileSync(
        'openssl',
        ['x509', '-inform', 'DER', '-in', one.path, '-noout', '-subject', '-fingerprint', '-sha256'],
        { encoding: 'utf8' },
      )
      expect(text).toContain('CN = anna')
      const shown = await page
        .locator('article', { hasText: 'anna.weber' })
        .locator('.fingerprint')
        .textContent()
      expect(text.replaceAll(':', '')).toContain(shown?.replaceAll(' ', ''))
      expect(createHash('sha256').update(readFileSync(one.path)).digest('hex').toUpperCase()).toBe(
        shown?.replaceAll(' ', ''),
      )

      const all = await download(/Download all certificates/)
      const listed = execFileSync('openssl', ['pkcs7', '-inform', 'DER', '-in', all.path, '-print_certs'], {
        encoding: 'utf8',
      })
      expect([...listed.matchAll(/^subject=/gm)]).toHaveLength(3)
      expect(listed).not.toContain('PRIVATE KEY')
    })

    it('a hostile name in a certificate stays text', async () => {
      await using page = await open('/certificates?lang=de', { bypassCSP: true })
      let alerts = 0
      page.on('dialog', (dialog) => {
        alerts++
        void dialog.dismiss()
      })
      await page.reload()
      const article = page.locator('article', { hasText: 'jonas.kurz' })
      expect(await article.textContent()).toContain('alert(1)')
      expect(await page.locator('script, [onmouseover]').count()).toBe(0)
      await article.hover()
      expect(alerts).toBe(0)
    })
  },
)

test('The portal ends by SIGTERM, and starts without a gateway', async () => {
  const lonely = startPortalProcess()
  try {
    const address = await readyUrl(lonely)
    expect((await fetch(`${address}/`)).status).toBe(200)
    const ended = new Promise((resolve) => lonely.once('exit', (code) => resolve(code)))
    lonely.kill('SIGTERM')
    expect(await ended).toBe(0)
  } finally {
    lonely.kill('SIGKILL')
  }
})
