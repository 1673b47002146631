"""Runs inside the sandbox: HTML in, PDF out. The same frames on stdin and stdout as the LibreOffice driver:
one line of JSON with `size`, then that many bytes.
  {"id", "kind": "render", "size"} + HTML in UTF-8 -> {"id", "ok": true, "size"} + PDF
  failures: {"id", "ok": false, "code": "broken" | "too-large", "size": 0}
"""
import json
import os
import resource
import sys

answers = os.fdopen(os.dup(1), 'wb')
os.dup2(2, 1)  # whatever a library prints must not look like an answer
requests = sys.stdin.buffer

from weasyprint import HTML, default_url_fetcher

MAX_PDF_BYTES = 40 * 1024 * 1024
# A table of 3000 rows takes 8 s; what takes longer is shown as plain text by the gateway.
CPU_SECONDS = 10


def only_data(url, *arguments, **options):
    """The only fetcher there is: no file, no network, only what the HTML itself carries."""
    if not url[:5].lower() == 'data:':
        raise ValueError('refused')
    return default_url_fetcher(url, *arguments, **options)


def answer(header, content=b''):
    answers.write(json.dumps({**header, 'size': len(content)}).encode('ascii') + b'\n')
    answers.write(content)
    answers.flush()


def render(html):
    """The PDF, or a failure code."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    # SIGXCPU ends the process; the supervisor starts another.
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS, hard))
    try:
        pdf = HTML(string=html, url_fetcher=only_data).write_pdf()
    except MemoryError:
        return None, 'too-large'
    except Exception:
        return None, 'broken'
    return (pdf, None) if len(pdf) <= MAX_PDF_BYTES else (None, 'too-large')


def main():
    os.makedirs(os.environ['HOME'], exist_ok=True)
    # Loads fonts and style sheets, so that the first mail does not wait for them.
    HTML(string='<p>ready', url_fetcher=only_data).write_pdf()
    answer({'id': 0, 'ok': True})
    for line in iter(lambda: requests.readline(4096), b''):
        request = json.loads(line)
        pdf, code = render(requests.read(request['size']).decode('utf-8', 'replace'))
        if pdf is None:
            answer({'id': request['id'], 'ok': False, 'code': code})
        else:
            answer({'id': request['id'], 'ok': True}, pdf)


main()
