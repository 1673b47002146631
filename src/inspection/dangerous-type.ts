import type { DangerousType } from '../message/facts.ts'

/** Endings of names that Windows, macOS or a desktop of Linux runs, mounts or installs at a click. */
const endings: Readonly<Partial<Record<DangerousType, string>>> = {
  executable: 'exe scr pif cpl dll ocx sys drv xll wll msc gadget appimage elf efi',
  script:
    'js jse mjs vbs vbe vb wsf wsh wsc sct ps1 ps1xml ps2 psc1 psm1 psd1 bat cmd reg applescript scpt command',
  shortcut:
    'lnk url website desktop scf library-ms search-ms searchconnector-ms settingcontent-ms appref-ms application theme themepack diagcab rdp',
  'disk-image': 'iso img vhd vhdx vmdk udf dmg',
  installer: 'msi msp mst msix msixbundle appx appxbundle appinstaller cab pkg apk',
  'html-application': 'hta',
  'help-file': 'chm hlp',
  java: 'jar jnlp class',
  onenote: 'one onepkg onetoc2',
}

const typeOfEnding: ReadonlyMap<string, DangerousType> = new Map(
  (Object.entries(endings) as [DangerousType, string][]).flatMap(([type, list]) =>
    list.split(' ').map((ending) => [ending, type] as const),
  ),
)

/** What a name leads to, whatever the content is: a program for it starts at a click. */
export function dangerousName(fileName: string): DangerousType | undefined {
  // Windows drops dots and blanks at the end, and a stream's name behind a colon (`a.exe::$DATA`).
  const name = fileName
    .normalize('NFKC')
    .slice(-200)
    .replace(/:.*$/, '')
    .replace(/[.\s"'\0]+$/, '')
    .toLowerCase()
  const ending = /\.([a-z0-9-]{1,20})$/.exec(name)?.[1]
  const type = ending === undefined ? undefined : typeOfEnding.get(ending)
  if (type) return type
  // Left-to-right and right-to-left override: `annfdp.exe` is shown as `annexe.pdf`.
  if (/[\u202d\u202e]/.test(fileName)) return 'disguised-name'
  const looksLikeDocument = /\.(?:pdf|docx?|xlsx?|pptx?|rtf|txt|odt|jpe?g|png|csv)[\s_]*\.[a-z0-9-]{1,20}$/
  return looksLikeDocument.test(name) && /\.(?:s?html?|xhtml?|svgz?|mht(?:ml)?|com)$/.test(name)
    ? 'disguised-name'
    : undefined
}

const startsWith = (head: Buffer, ...bytes: readonly number[]) =>
  head.length >= bytes.length && bytes.every((byte, at) => head[at] === byte)
const textAt = (head: Buffer, at: number, text: string) =>
  head.toString('latin1', at, at + text.length) === text

/**
 * What the first bytes of a file (some kilobytes) are. `named`: it is an attachment, not the text of the mail, so text
 * that a program would run counts too.
 */
export function dangerousContent(head: Buffer, named: boolean): DangerousType | undefined {
  if (isExecutable(head)) return 'executable'
  // A class of Java; the same four bytes begin a fat Mach-O, which names few processors there.
  if (startsWith(head, 0xca, 0xfe, 0xba, 0xbe)) return 'java'
  // [MS-SHLLINK] 2.1: size of the header, and the class of shortcuts.
  if (startsWith(head, 0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0, 0, 0, 0, 0, 0xc0)) return 'shortcut'
  if (textAt(head, 0, 'conectix') || textAt(head, 0, 'vhdxfile') || textAt(head, 0, 'KDMV'))
    return 'disk-image'
  if (textAt(head, 0, 'MSCF\0\0\0\0')) return 'installer'
  if (textAt(head, 0, 'ITSF')) return 'help-file'
  // [MS-ONESTORE] 2.3.1: section and table of contents.
  if (startsWith(head, 0xe4, 0x52, 0x5c, 0x7b, 0x8c, 0xd8, 0xa7, 0x4d)) return 'onenote'
  if (startsWith(head, 0xa1, 0x2f, 0xff, 0x43, 0xd9, 0xef, 0x76, 0x4c)) return 'onenote'
  // Scripts that Windows decodes before it runs them.
  if (textAt(head, 0, '#@~^')) return 'script'
  return named ? dangerousText(textOf(head)) : undefined
}

function isExecutable(head: Buffer): boolean {
  // ELF, Dalvik, Mach-O of either byte order and width.
  if (startsWith(head, 0x7f, 0x45, 0x4c, 0x46) || textAt(head, 0, 'dex\n0')) return true
  if (/^(?:feedface|feedfacf|cefaedfe|cffaedfe)$/.test(head.toString('hex', 0, 4))) return true
  if (startsWith(head, 0xca, 0xfe, 0xba, 0xbe)) return head.length >= 8 && head.readUInt32BE(4) < 40
  // PE: what no text has at its beginning is the header of DOS; text can begin with the two letters.
  return textAt(head, 0, 'MZ') && (head.length < 64 || head.subarray(0, 64).includes(0))
}

function textOf(head: Buffer): string {
  const isUtf16 = startsWith(head, 0xff, 0xfe)
  return head
    .toString(isUtf16 ? 'utf16le' : 'latin1')
    .replace(/^(?:\ufeff|\xef\xbb\xbf)/, '')
    .trimStart()
}

function dangerousText(text: string): DangerousType | undefined {
  if (/^#!\s*\/\S/.test(text)) return 'script'
  if (/^\[InternetShortcut\]/i.test(text) || /^\[Desktop Entry\]/.test(text)) return 'shortcut'
  if (/<hta:application/i.test(text)) return 'html-application'
  if (/^<\?xml[^>]*\?>\s*<jnlp|^<jnlp/i.test(text)) return 'java'
  return /^(?:<\?xml[^>]*\?>\s*)?<(?:job|package|scriptlet|component)\b[\s\S]*<script/i.test(text)
    ? 'script'
    : undefined
}

/** Bytes that `isDiskImage` needs: the second descriptor of the volume (ECMA-119 6.2). */
export const diskImageBytes = 34 * 1024 + 8

/** ISO 9660 and UDF: descriptors of the volume from the 17th sector on (ECMA-119 8.1, ECMA-167 2/9.1). */
export function isDiskImage(start: Buffer): boolean {
  return [32_769, 34_817].some((at) =>
    ['CD001', 'BEA01', 'NSR02', 'NSR03'].some((id) => textAt(start, at, id)),
  )
}

/** The classes of a Windows Installer package, patch and transform: 000C1084-, 1086-, 1082-0000-0000-C000-000000000046. */
const installerClasses = ['84100c00', '86100c00', '82100c00'].map(
  (start) => `${start}00000000c000000000000046`,
)

/** A compound file whose root has a class of Windows Installer ([MS-CFB] 2.6.1). */
export function isInstaller(file: Buffer): boolean {
  if (file.length < 512 || file.readUInt32BE(0) !== 0xd0cf11e0) return false
  const sectorBytes = file.readUInt16LE(30) === 12 ? 4096 : 512
  const root = (file.readUInt32LE(48) + 1) * sectorBytes
  return installerClasses.includes(file.toString('hex', root + 80, root + 96))
}

/** What the names in a zip archive make of it: an archive of Java, a package for Windows or Android. */
export function dangerousArchive(names: readonly string[]): DangerousType | undefined {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name))
  if (has(/^AppxManifest\.xml$|^AppxMetadata\/AppxBundleManifest\.xml$/i)) return 'installer'
  if (has(/^AndroidManifest\.xml$/) && has(/^classes\d*\.dex$/)) return 'installer'
  return has(/^META-INF\/MANIFEST\.MF$/i) && has(/\.class$/) ? 'java' : undefined
}
