import ipaddr from 'ipaddr.js'

/** Names that providers of Germany, Austria and Switzerland give to lines whose address changes. */
const dynamicNames: readonly RegExp[] = [
  /\.dip\d*\.t-(ipconnect|dialin)\.de$/, // Deutsche Telekom
  /\.(dyn|pool)\.telefonica\.de$/, // O2
  /^dynamic-.*\.pool\.telefonica\.de$/,
  /\.pools\.(vodafone-ip\.de|arcor-ip\.net)$/, // Vodafone DSL
  /\.um\d+\.pools\.vodafone-ip\.de$/, // Vodafone cable, formerly Unitymedia
  /\.dynamic\.kabel-deutschland\.de$/,
  /\.(dynamic|pools)\.unitymedia\.(biz|de)$/,
  /\.(unitymediagroup|kabel-badenwuerttemberg)\.de$/,
  /\.(versanet|versatel)\.de$/, // 1&1 Versatel
  /^(xdsl|cable)-.*\.(nc|netcologne)\.de$/,
  /\.dynamic\.mnet-online\.de$/,
  /\.dynamic\.qsc\.de$/,
  /^dyndsl-.*\.ewe-ip-backbone\.de$/,
  /\.osnanet\.de$/,
  /\.dynamic\.pyur\.net$/,
  /\.adsl\.highway\.telekom\.at$/, // A1
  /\.(dynamic|vie|cable)\.surfer\.at$/, // Magenta, formerly UPC
  /^(chello|ch)\d+.*\.(surfer|chello)\.(at|ch)$/,
  /\.dynamic\.(wline\.)?(res|lns)\.cust\.swisscom\.ch$/,
  /\.(dclient|dynamic)\.hispeed\.ch$/, // Sunrise cable, formerly UPC
  /^(xdsl|adsl)-.*\.adslplus\.ch$/, // Sunrise
  /\.dynamic\.salt\.ch$/,
]

/** Words that providers elsewhere use for lines of private customers. */
const dynamicWord =
  /(^|[.\-_\d])(dyn|dynamic|dyndsl|dynip|dip|dial|dialin|dialup|ppp|pppoe|[avxsh]?dsl|adslplus|ftth|fttx|cable|catv|pools?|dhcp|res|residential|broadband|home|mobile|lte|umts|gprs)([.\-_\d]|$)/

/** Words of lines and machines whose address stays: a firm may run its server there. */
const staticWord =
  /(^|[.\-_])(static|statisch|stat|fixed|fix|business|biz|server|srv|vps|mail|mx|smtp)\d*([.\-_]|$)/

/**
 * Whether the verified reverse name of a client looks like that of a line whose address changes: by the names of the
 * providers that serve the region, elsewhere by the address in the name and a word that says so. Mail servers do not
 * stand there; infected computers do.
 */
export function looksDialUp(hostName: string, address: string): boolean {
  // RFC 1035 2.3.4: nothing longer is in the DNS.
  const name = hostName.toLowerCase().slice(0, 255).replace(/\.$/, '')
  if (staticWord.test(name)) return false
  if (dynamicNames.some((pattern) => pattern.test(name))) return true
  return dynamicWord.test(name) && holdsAddress(name, address)
}

/** Four numbers in either order, one number of twelve digits, or hexadecimal; of IPv6 either half. */
function holdsAddress(name: string, address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const bytes = ipaddr.process(address).toByteArray()
  const hex = Buffer.from(bytes).toString('hex')
  if (bytes.length > 4) {
    const joined = name.replaceAll(/[-.]/g, '')
    return joined.includes(hex.slice(0, 16)) || joined.includes(hex.slice(16))
  }
  if (name.includes(hex)) return true
  const digits = bytes.map((byte) => String(byte).padStart(3, '0')).join('')
  const numbers = (name.match(/\d+/g) ?? []).map(Number)
  const isRunOf = (wanted: readonly number[]) =>
    numbers.some((_, at) => wanted.every((byte, index) => numbers[at + index] === byte))
  return name.includes(digits) || isRunOf(bytes) || isRunOf(bytes.toReversed())
}
