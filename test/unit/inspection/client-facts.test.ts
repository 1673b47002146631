import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clientFacts } from '../../../src/inspection/client-facts.ts'
import { looksDialUp } from '../../../src/inspection/dial-up-name.ts'

for (const [hostName, address] of [
  ['p5b0c1234.dip0.t-ipconnect.de', '91.12.18.52'],
  ['p200300c1234567890000000000000001.dip0.t-ipconnect.de', '2003:c1:2345:6789::1'],
  ['dslb-088-064-012-034.088.064.pools.vodafone-ip.de', '88.64.12.34'],
  ['ip-88-152-12-34.um45.pools.vodafone-ip.de', '88.152.12.34'],
  ['x4d0c1234.dyn.telefonica.de', '77.12.18.52'],
  ['dynamic-046-114-012-034.46.114.pool.telefonica.de', '46.114.12.34'],
  ['i5e861234.versanet.de', '94.134.18.52'],
  ['xdsl-78-35-12-34.nc.de', '78.35.12.34'],
  ['ppp-93-104-12-34.dynamic.mnet-online.de', '93.104.12.34'],
  ['ip1f112345.dynamic.kabel-deutschland.de', '31.17.35.69'],
  ['91-115-12-34.adsl.highway.telekom.at', '91.115.12.34'],
  ['84-114-12-34.cable.dynamic.surfer.at', '84.114.12.34'],
  ['chello062178012034.12.14.vie.surfer.at', '62.178.12.34'],
  ['34.12.78.188.dynamic.wline.res.cust.swisscom.ch', '188.78.12.34'],
  ['77-56-12-34.dclient.hispeed.ch', '77.56.12.34'],
  ['xdsl-188-155-12-34.adslplus.ch', '188.155.12.34'],
  ['host-1-2-3-4.dynamic.provider.example', '1.2.3.4'],
  ['4.3.2.1.pool.provider.example', '1.2.3.4'],
  ['dsl001002003004.provider.example', '1.2.3.4'],
] as const) {
  it(`${hostName} is the name of a dial-up line`, () => {
    expect(looksDialUp(hostName, address)).toBe(true)
    expect(looksDialUp(`${hostName.toUpperCase()}.`, address)).toBe(true)
  })
}

for (const [hostName, address] of [
  ['mail.kanzlei-muster.de', '192.0.2.1'],
  ['mx1.dsl-partner.example', '192.0.2.1'],
  ['dynamic.firma.example', '192.0.2.1'],
  ['static.12.34.56.78.clients.your-server.de', '78.56.34.12'],
  ['static-78-94-12-34.dsl.provider.example', '78.94.12.34'],
  ['business-24-134-12-34.pool2.vodafone-ip.de', '24.134.12.34'],
  ['host-88-217-12-34.customer.m-online.net', '88.217.12.34'],
  ['ec2-3-120-12-34.eu-central-1.compute.amazonaws.com', '3.120.12.34'],
  ['mail-wr1-f41.google.com', '209.85.221.41'],
  ['mail-db8eur05on2087.outbound.protection.outlook.com', '40.107.20.87'],
  ['mout.kundenserver.de', '212.227.126.131'],
  ['h2912345.stratoserver.net', '85.214.12.34'],
  ['mo4-p00-ob.smtp.rzone.de', '85.215.255.20'],
] as const) {
  it(`${hostName} is the name of a server`, () => {
    expect(looksDialUp(hostName, address)).toBe(false)
  })
}

it('no name takes long to look at', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2000 }), fc.ipV4(), (name, address) => {
      expect(typeof looksDialUp(name, address)).toBe('boolean')
    }),
  )
  looksDialUp('1-'.repeat(50_000), '1.1.1.1')
})

const client = {
  address: '192.0.2.1',
  hostName: 'mail.partner.example',
  reverse: 'verified',
  helo: 'mail.partner.example',
  tls: undefined,
  login: undefined,
} as const

for (const [helo, isName] of [
  ['mail.partner.example', true],
  ['MAIL.partner.example.', true],
  ['xn--mller-kva.example', true],
  ['localhost', false],
  ['192.0.2.1', false],
  ['[192.0.2.1]', false],
  ['user@partner.example', false],
  ['*.partner.example', false],
  ['default', false],
  ['', false],
] as const) {
  it(`a greeting as "${helo}" ${isName ? 'names' : 'does not name'} a host`, () => {
    expect(clientFacts({ ...client, helo }).heloIsName).toBe(isName)
  })
}

it('nothing is said against what did not come over the network', () => {
  const local = { ...client, address: undefined, hostName: undefined, helo: 'localhost' }
  expect(clientFacts({ ...local, reverse: 'none' })).toEqual({
    reverse: 'unknown',
    looksDialUp: false,
    heloIsName: true,
  })
})

it('a name that Postfix did not verify is no name', () => {
  const facts = clientFacts({ ...client, hostName: undefined, reverse: 'none' })
  expect(facts).toMatchObject({ reverse: 'none', looksDialUp: false })
})
