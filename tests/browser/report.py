#!/usr/bin/env python3
"""Opens the page of `swarmscope store report` in a real browser, light and dark, wide and narrow.

Nothing may be asked of anybody, nothing said on the console, no text may stand out of the page, and each text must have
the contrast that WCAG 2.2 asks for (4.5, large text 3). Needs Chromium; standard library only.

    tests/browser/report.py REPORT.html [--pictures FOLDER]     exits 1 when something is wrong
    tests/browser/report.py --self-test                         exits 1 when something wrong is not found
"""

import functools
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

from pictures import Quiet, browser

WIDTHS = (1200, 1000, 360)  # a desk, the pictures, a small telephone
PAGE = """<!doctype html><meta charset=utf-8><link rel=icon href="data:,"><body><pre id=found>unread</pre><script>
const parse = colour => colour.match(/[0-9.]+/g).map(Number);
const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const contrast = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const behind = (element, style) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(style(at).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const measure = (frame, width) => {
  const window = frame.contentWindow, document = frame.contentDocument, root = document.documentElement;
  const style = element => window.getComputedStyle(element);
  const texts = [...document.body.querySelectorAll('*')].filter(element =>
    [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()));
  const faults = [];
  if (root.scrollWidth > root.clientWidth) faults.push(`${width} px: the page is ${root.scrollWidth} px wide`);
  for (const element of texts) {
    const { fontSize, fontWeight, fill, color } = style(element), size = parseFloat(fontSize);
    const is_svg = element instanceof window.SVGElement;
    const large = size >= 24 || (size >= 18.66 && fontWeight >= 700);
    const ratio = contrast(parse(is_svg ? fill : color), behind(element, style));
    const text = element.textContent.trim().slice(0, 40), box = element.getBoundingClientRect();
    if (ratio < (large ? 3 : 4.5)) faults.push(`${width} px: contrast ${ratio.toFixed(2)} of "${text}"`);
    if (box.right > root.clientWidth + 1) faults.push(`${width} px: "${text}" stands out of the page`);
  }
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  return { width, height, texts: texts.length, dark: window.matchMedia('(prefers-color-scheme: dark)').matches, faults };
};
const load = width => new Promise(done => {
  const frame = document.createElement('iframe');
  Object.assign(frame.style, { width: width + 'px', height: '3000px', border: 0 });
  frame.onload = () => done(measure(frame, width));
  frame.src = 'report.html';
  document.body.append(frame);
});
(async () => {
  const found = [];
  for (const width of WIDTHS) found.push(await load(width));
  document.getElementById('found').textContent = JSON.stringify(found);
})().catch(error => { document.getElementById('found').textContent = JSON.stringify([{faults: [String(error)]}]); });
</script>"""
# Chromium knocks at its maker's doors by itself: no name is looked up, so that nothing leaves this machine.
ALONE = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


def run(folder, port, dark, more, page):
    """The browser's standard output, and its faults: requests of the page, words on the console."""
    log = folder / "net.json"
    url = f"http://127.0.0.1:{port}/{page}"
    command = [browser(), *ALONE, f"--blink-settings=preferredColorScheme={0 if dark else 1}",
               f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", "--enable-logging=stderr",
               "--virtual-time-budget=20000", *more, url]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    faults = [line for line in ran.stderr.splitlines() if ":CONSOLE" in line]
    return ran.stdout, faults + requests(log, port)


def requests(log, port):
    """What the page itself asked for besides the two pages: its requests have its origin as their initiator."""
    events = []
    for line in log.read_text().splitlines():  # an event a line; the end may be missing
        try:
            events.append(json.loads(line.rstrip(",")))
        except ValueError:
            continue
    events = [event for event in events if isinstance(event.get("params"), dict) and "url" in event["params"]]
    if not events:
        return ["the browser's own log could not be read"]
    own = f"http://127.0.0.1:{port}"
    asked = {event["params"]["url"] for event in events
             if own in str(event["params"].get("initiator"))}
    return [f"asks for {url}" for url in sorted(asked - {f"{own}/page.html", f"{own}/report.html"})]


def examined(report, pictures=None):
    """What is wrong with a page, and how many texts were looked at."""
    faults, texts = [], 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "report.html").write_text(report)
        (folder / "page.html").write_text(PAGE.replace("WIDTHS", json.dumps(WIDTHS)))
        handler = functools.partial(Quiet, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for dark in (False, True):
                theme = "dark" if dark else "light"
                dom, wrong = run(folder, server.server_port, dark, ["--dump-dom"], "page.html")
                found = json.loads(unescaped(re.search(r'<pre id="found">(.*?)</pre>', dom, re.S)[1]))
                for width in found:
                    texts += width.get("texts", 0)
                    wrong += width["faults"]
                    if width.get("dark") is not dark:
                        wrong.append("the browser does not show this theme")
                faults += [f"{theme}: {fault}" for fault in wrong]
                if pictures:
                    high = next(width["height"] for width in found if width.get("width") == 1000)
                    shot = [f"--screenshot={pictures / f'report-{theme}.png'}", f"--window-size=1000,{high}"]
                    run(folder, server.server_port, dark, shot, "report.html")
            server.shutdown()
    return faults, texts


def unescaped(text):
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text


def self_test():
    """Pages with one fault each: all of them have to be found."""
    page = "<!doctype html><html lang=en><body>{}</body></html>"
    missed = 0
    for what, body, sign in (
        ("a picture from elsewhere", "x<img src='http://192.0.2.1/x.png' alt=''>", "asks for http://192.0.2.1"),
        ("a style from beside it", "<link rel=stylesheet href=more.css>x", "asks for"),
        ("a script that fails", "x<script>throw new Error('no')</script>", "CONSOLE"),
        ("pale text", "<p style='color:#bbb'>pale</p>", "contrast"),
        ("a wide table", "<p style='width:2000px'>wide</p>", "px wide"),
    ):
        faults, _ = examined(page.format(body))
        if not any(sign in fault for fault in faults):
            missed += 1
            print(f"not found: {what}: {faults}")
    print(f"{missed} of 5 faults not found")
    return 1 if missed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    pictures = pathlib.Path(sys.argv[3]) if sys.argv[2:3] == ["--pictures"] else None
    faults, texts = examined(pathlib.Path(sys.argv[1]).read_text(), pictures)
    print(*faults, f"{texts} texts, {len(faults)} faults", sep="\n")
    return 1 if faults or not texts else 0


if __name__ == "__main__":
    sys.exit(main())
