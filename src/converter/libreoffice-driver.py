"""Runs inside the sandbox, beside the LibreOffice that it starts, and is no more trusted than that.

Requests come on stdin, answers go to stdout: one line of JSON with `size`, then that many bytes.
  {"id", "kind": "convert", "office", "pages", "flatten", "size"} + document -> {"id", "ok": true, "size"} + PDF,
    or with "flatten" its pages as pixels (see pdf-of-pictures.ts)
  {"id", "kind": "probe", "port", "file", "size": 0}              -> {"id", "ok": true, "size": 0, ...}
  failures: {"id", "ok": false, "code": "password" | "broken" | "too-large", "size": 0}
"""
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib

answers = os.fdopen(os.dup(1), 'wb')
os.dup2(2, 1)  # whatever a library prints must not look like an answer
requests = sys.stdin.buffer

import uno
import unohelper
from com.sun.star.beans import PropertyValue
from com.sun.star.task import XInteractionHandler

PROGRAM = '/usr/lib/libreoffice/program/soffice.bin'
PROFILE = '/tmp/profile'
MAX_PDF_BYTES = 40 * 1024 * 1024
DOTS_PER_INCH = 120  # as in pdf-of-pictures.ts
MAX_PIXELS = 25_000_000

# What a document may turn out to be for LibreOffice, by its own names. Everything else that it could read (drawings,
# old word processors, web pages) is attack surface that no Office attachment needs.
KINDS = ('doc', 'docx', 'rtf', 'xls', 'xlsx', 'xlsb', 'ppt', 'pptx', 'odt', 'ods', 'odp')
TYPES = frozenset((
    'writer_MS_Word_97', 'writer_MS_Word_97_Vorlage', 'writer_MS_Word_95', 'writer_MS_Word_95_Vorlage',
    'writer_MS_WinWord_60', 'writer_MS_WinWord_5', 'writer_Rich_Text_Format',
    'writer_MS_Word_2007', 'writer_MS_Word_2007_Template', 'writer_MS_Word_2007_VBA',
    'writer_OOXML', 'writer_OOXML_Text_Template',
    'calc_MS_Excel_97', 'calc_MS_Excel_97_VorlageTemplate', 'calc_MS_Excel_95', 'calc_MS_Excel_95_VorlageTemplate',
    'calc_MS_Excel_5095', 'calc_MS_Excel_5095_VorlageTemplate', 'calc_MS_Excel_40', 'calc_MS_Excel_40_VorlageTemplate',
    'MS Excel 2007 XML', 'MS Excel 2007 XML Template', 'MS Excel 2007 VBA XML', 'MS Excel 2007 Binary',
    'Office Open XML Spreadsheet', 'Office Open XML Spreadsheet Template',
    'impress_MS_PowerPoint_97', 'impress_MS_PowerPoint_97_AutoPlay', 'impress_MS_PowerPoint_97_Vorlage',
    'MS PowerPoint 2007 XML', 'MS PowerPoint 2007 XML AutoPlay', 'MS PowerPoint 2007 XML Template',
    'MS PowerPoint 2007 XML VBA', 'Office Open XML Presentation', 'Office Open XML Presentation AutoPlay',
    'Office Open XML Presentation Template',
    'writer8', 'writer8_template', 'calc8', 'calc8_template', 'impress8', 'impress8_template',
))

SETTINGS = (
    ('Office.Common/Security/Scripting', 'MacroSecurityLevel', '3'),
    ('Office.Common/Security/Scripting', 'DisableMacrosExecution', 'true'),
    ('Office.Common/Security/Scripting', 'DisableActiveContent', 'true'),
    ('Office.Common/Security/Scripting', 'DisablePythonRuntime', 'true'),
    ('Office.Common/Security/Scripting', 'BlockUntrustedRefererLinks', 'true'),
    ('Office.Common/Security/Scripting', 'DisableOLEAutomation', 'true'),
    ('Office.Common/Misc', 'FirstRun', 'false'),
    ('Office.Common/Misc', 'UseOpenCL', 'false'),
    ('Office.Common/Misc', 'CrashReport', 'false'),
    ('Office.Common/History', 'PickListSize', '0'),
    ('Office.Recovery/RecoveryInfo', 'Enabled', 'false'),
    ('Office.Recovery/AutoSave', 'Enabled', 'false'),
    ('Office.Java/VirtualMachine', 'Enable', 'false'),
    ('Office.Writer/Content/Update', 'Link', '2'),
)


def write_profile():
    items = ''.join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f'<value>{value}</value></prop></item>'
        for path, name, value in SETTINGS
    )
    os.makedirs(f'{PROFILE}/user', exist_ok=True)
    with open(f'{PROFILE}/user/registrymodifications.xcu', 'w', encoding='utf-8') as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
            'xmlns:xs="http://www.w3.org/2001/XMLSchema" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{items}</oor:items>'
        )


def launch():
    return subprocess.Popen(
        [
            PROGRAM, '--headless', '--invisible', '--nologo', '--nodefault', '--norestore', '--nolockcheck',
            '--nofirststartwizard', f'-env:UserInstallation=file://{PROFILE}', '--accept=pipe,name=office;urp;',
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )


def end_with(office):
    """A driver without its engine is of no use, and nobody shall find that out with a document."""
    office.wait()
    os._exit(3)


def connect():
    """The component context of a started LibreOffice. The supervisor outside bounds the time."""
    write_profile()
    office = launch()
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext('com.sun.star.bridge.UnoUrlResolver', local)
    while True:
        try:
            context = resolver.resolve('uno:pipe,name=office;urp;StarOffice.ComponentContext')
            threading.Thread(target=end_with, args=(office,), daemon=True).start()
            return context
        except Exception:
            pass
        code = office.poll()
        if code == 81:  # "start me again": usual after the first initialisation of a profile
            office = launch()
        elif code is not None:
            sys.exit(f'LibreOffice ended with {code}')
        time.sleep(0.05)


def properties(**values):
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


class PasswordWitness(unohelper.Base, XInteractionHandler):
    """Answers nothing; only remembers whether a password was asked for."""

    def __init__(self):
        self.asked = False

    def handle(self, request):
        # The offered continuations tell what is asked for; getRequest() itself fails in pyuno 7.4 (SystemError).
        for continuation in request.getContinuations():
            offered = [each.typeName.rpartition('.')[2] for each in continuation.getTypes()]
            if 'XInteractionPassword' in offered or 'XInteractionPassword2' in offered:
                self.asked = True
            if 'XInteractionAbort' in offered:
                continuation.select()


def open_document(context, path, **more):
    desktop = context.ServiceManager.createInstanceWithContext('com.sun.star.frame.Desktop', context)
    # MacroExecutionMode 0: NEVER_EXECUTE; UpdateDocMode 0: NO_UPDATE. No interaction handler: whatever wants to ask fails.
    hidden = properties(Hidden=True, ReadOnly=True, MacroExecutionMode=0, UpdateDocMode=0, **more)
    try:
        return desktop.loadComponentFromURL(f'file://{path}', '_blank', 0, hidden)
    except uno.getClass('com.sun.star.uno.RuntimeException'):
        if not alive(context):
            raise  # the bridge is gone with the engine
        return None
    except Exception:
        return None


def alive(context):
    try:
        return context.ServiceManager is not None
    except Exception:
        return False


def type_of(context, path):
    detection = context.ServiceManager.createInstanceWithContext('com.sun.star.document.TypeDetection', context)
    try:
        return detection.queryTypeByDescriptor(properties(URL=f'file://{path}', ReadOnly=True), True)[0]
    except Exception:
        return ''


def looks_encrypted(path):
    """LibreOffice does not ask for a password of some OLE files: then a stream's name in its directory tells."""
    with open(path, 'rb') as file:
        content = file.read()
    names = (name.encode('utf-16-le') for name in ('EncryptedPackage', 'EncryptedSummary'))
    return content.startswith(b'\xd0\xcf\x11\xe0') and any(name in content for name in names)


def convert(context, path, pages):
    """The PDF's path, or a failure code."""
    document = open_document(context, path) if type_of(context, path) in TYPES else None
    if document is None:
        # Only now, to learn the reason: with a handler LibreOffice asks, without one it fails without a word.
        witness = PasswordWitness()
        unwanted = open_document(context, path, InteractionHandler=witness)
        if unwanted is not None:
            unwanted.close(False)
        return None, 'password' if witness.asked or looks_encrypted(path) else 'broken'
    try:
        for service, name in (
            ('com.sun.star.sheet.SpreadsheetDocument', 'calc_pdf_Export'),
            ('com.sun.star.presentation.PresentationDocument', 'impress_pdf_Export'),
            ('com.sun.star.text.GenericTextDocument', 'writer_pdf_Export'),
        ):
            if document.supportsService(service):
                break
        else:
            return None, 'broken'
        options = properties(
            ExportFormFields=False, ExportNotes=False, IsAddStream=False, ConvertOOoTargetToPDFTarget=False,
            ExportLinksRelativeFsys=False, UseTaggedPDF=False, ReduceImageResolution=True, MaxImageResolution=150,
            PageRange=f'1-{pages}',
        )
        target = '/tmp/out.pdf'
        try:
            document.storeToURL(
                f'file://{target}',
                properties(FilterName=name, FilterData=uno.Any('[]com.sun.star.beans.PropertyValue', options)),
            )
        except Exception:
            if not alive(context):
                raise
            return None, 'broken'
        return target, None
    finally:
        try:
            document.close(False)
        except Exception:
            if not alive(context):
                raise


def pixels(path):
    """The pages of a PDF as they look, or a failure code."""
    renderer = subprocess.Popen(
        ['/usr/bin/pdftoppm', '-q', '-r', str(DOTS_PER_INCH), path],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )
    pages = []
    total = 0
    try:
        while renderer.stdout.readline() == b'P6\n':
            width, height = map(int, renderer.stdout.readline().split())
            renderer.stdout.readline()  # the largest value, 255
            if width > 65535 or height > 65535 or width * height > MAX_PIXELS:
                return None, 'too-large'
            page = zlib.compress(renderer.stdout.read(width * height * 3), 1)
            pages.append(struct.pack('>HHI', width, height, len(page)) + page)
            total += len(pages[-1])
            if total > MAX_PDF_BYTES:
                return None, 'too-large'
        # Less than all pages would pass for the whole document.
        return (None, 'broken') if renderer.wait() != 0 else (b''.join(pages), None)
    finally:
        renderer.kill()
        renderer.wait()


def probe(port, file):
    """What a hostile document could reach from here, asked before the first one comes."""
    try:
        socket.create_connection(('127.0.0.1', port), timeout=3).close()
        network = True
    except OSError:
        network = False
    with open('/proc/self/status', encoding='ascii') as lines:
        status = dict(line.rstrip('\n').split(':\t', 1) for line in lines if ':\t' in line)
    return {
        'network': network,
        'file': os.path.exists(file),
        'root': os.geteuid() == 0 or int(status['CapEff'], 16) != 0,
        'seccomp': status.get('Seccomp') == '2',
    }


def answer(header, content=b''):
    answers.write(json.dumps({**header, 'size': len(content)}).encode('ascii') + b'\n')
    answers.write(content)
    answers.flush()


def remove(*paths):
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            pass


def main():
    os.makedirs(os.environ['HOME'], exist_ok=True)
    context = connect()
    answer({'id': 0, 'ok': True})
    for line in iter(lambda: requests.readline(4096), b''):
        request = json.loads(line)
        if request['kind'] == 'probe':
            answer({'id': request['id'], 'ok': True, **probe(request['port'], request['file'])})
            continue
        office = request['office']
        path = f'/tmp/in.{office}' if office in KINDS else sys.exit('unknown kind')
        with open(path, 'wb') as file:
            file.write(requests.read(request['size']))
        pdf, code = convert(context, path, request['pages'])
        if pdf and os.path.getsize(pdf) > MAX_PDF_BYTES:
            code = 'too-large'
        if not code and request['flatten']:
            output, code = pixels(pdf)
        elif not code:
            with open(pdf, 'rb') as file:
                output = file.read()
        if code:
            answer({'id': request['id'], 'ok': False, 'code': code})
        else:
            answer({'id': request['id'], 'ok': True}, output)
        remove(path, '/tmp/out.pdf')


main()
