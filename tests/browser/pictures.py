#!/usr/bin/env python3
"""Opens every picture of screenshots/ in a real browser and measures where its characters stand.

A picture is a grid of cells. In the browser each character of a run must stand in its own cell, or columns do not stand
under one another: blanks that collapse, or a run that is stretched, show here. Needs Chromium; standard library only.

    tests/browser/pictures.py [FILE.svg ...]     exits 1 when a character is out of its cell
"""

import functools
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
CELL = 8.4  # px, as src/tui/svg.rs draws
OFF = 0.6  # px: what nobody sees; a collapsed blank moves its run by a cell or stretches it
PAGE = """<!doctype html><meta charset=utf-8><body><pre id=found>unread</pre><script>
const files = FILES, cell = CELL;
const load = file => new Promise((done, failed) => {
  const frame = document.createElement('iframe');
  frame.onload = () => done(frame.contentDocument);
  frame.onerror = failed;
  frame.src = file;
  document.body.append(frame);
});
const measure = document => [...document.querySelectorAll('text')].flatMap(text => {
  const left = parseFloat(text.getAttribute('x')), length = text.getNumberOfChars();
  let worst = 0;
  for (let n = 0; n < length; n++) {
    worst = Math.max(worst, Math.abs(text.getStartPositionOfChar(n).x - left - n * cell));
  }
  // characters of two cells are runs of their own
  return [{text: text.textContent, characters: length, expected: [...text.textContent].length, worst}];
});
(async () => {
  const found = {};
  for (const file of files) found[file] = measure(await load(file));
  document.getElementById('found').textContent = JSON.stringify(found);
})().catch(error => { document.getElementById('found').textContent = JSON.stringify({error: String(error)}); });
</script>"""


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    sys.exit("no Chromium here: apt-get install chromium")


def measured(files):
    """What the browser says of each file's runs."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        names = [path.name for path in files]
        for path in files:
            shutil.copy(path, folder)
        page = PAGE.replace("FILES", json.dumps(names)).replace("CELL", str(CELL))
        (folder / "page.html").write_text(page)
        handler = functools.partial(Quiet, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}/page.html"
            command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                       "--disable-background-networking", "--disable-component-update", "--disable-sync",
                       f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000", "--dump-dom", url]
            dom = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True).stdout
            server.shutdown()
    text = dom.split('<pre id="found">', 1)[1].split("</pre>", 1)[0]
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return json.loads(text)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main():
    files = [pathlib.Path(name) for name in sys.argv[1:]] or sorted((ROOT / "screenshots").glob("*.svg"))
    found = measured(files)
    runs = wrong = 0
    for file, texts in found.items():
        for run in texts:
            runs += 1
            if run["worst"] > OFF or run["characters"] != run["expected"]:
                wrong += 1
                print(f"{file}: {run['text']!r}: {run['worst']:.1f} px off its cells")
    print(f"{len(found)} pictures, {runs} runs of text, {wrong} out of their cells")
    return 1 if wrong or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
