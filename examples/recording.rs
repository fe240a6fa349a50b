//! Records the real program in a terminal of its own, while it plays a script of keys, as the
//! moving picture of the README: `cargo build --release && cargo run --release --example recording
//! [SCRIPT [FILE.svg]]`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, fs, thread};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use swarmscope::tui::Theme;
use swarmscope::tui::svg::{Shot, film};
use swarmscope::tui::theme::Depth;

const COLUMNS: u16 = 120;
const ROWS: u16 = 36;
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(100);
/// A frame is seen at least so long: few beats, each with time to read.
const BEAT: Duration = Duration::from_millis(400);
/// The last frame stays, before it begins again.
const END: Duration = Duration::from_secs(3);
/// What the first frame must show: the swarm, not an empty screen.
const BEGINS_WITH: &str = " connected";
/// The program's end; a script that hangs is stopped by its own limits long before.
const PATIENCE: Duration = Duration::from_secs(180);

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let script = arguments.next().unwrap_or_else(|| root.join("examples/recording.keys"));
    let file = arguments.next().unwrap_or_else(|| root.join("screenshots/recording.svg"));
    match record(&script).and_then(|svg| write(&file, &svg)) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(file: &Path, svg: &str) -> Result<String, String> {
    fs::write(file, svg).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(format!("{}: {} KiB", file.display(), svg.len() / 1024))
}

fn record(script: &Path) -> Result<String, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let program = program()?;
    let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).map_err(|error| told(&error))?;
    let home = tempfile::tempdir().map_err(|error| told(&error))?;
    let mut command = CommandBuilder::new(&program);
    command.args(["demo", "--seed", "7", "--script"]);
    command.arg(script);
    command.env_clear();
    command.env("HOME", home.path());
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env("LANG", "C.UTF-8");
    let mut child = pair.slave.spawn_command(command).map_err(|error| told(&error))?;
    drop(pair.slave);

    let cells = |number| std::num::NonZero::new(number).ok_or("a terminal has cells");
    let parser = Arc::new(Mutex::new(vt100::Parser::new(cells(ROWS)?, cells(COLUMNS)?, 0)));
    let mut output = pair.master.try_clone_reader().map_err(|error| told(&error))?;
    let written = Arc::clone(&parser);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count) = output.read(&mut buffer)
            && count > 0
        {
            if let Ok(mut parser) = written.lock() {
                parser.process(&buffer[..count]);
            }
        }
    });
    let mut shots: Vec<Shot> = Vec::new();
    let mut waited = Duration::ZERO;
    let status = loop {
        thread::sleep(LOOK);
        waited += LOOK;
        if let Some(status) = child.try_wait().map_err(|error| told(&error))? {
            break status;
        }
        if waited > PATIENCE {
            child.kill().map_err(|error| told(&error))?;
            return Err("the script did not end".to_owned());
        }
        let parser = parser.lock().map_err(|error| told(&error))?;
        look(&mut shots, parser.screen());
    };
    if !status.success() {
        let _ = std::io::stderr()
            .write_all(parser.lock().map_err(|e| told(&e))?.screen().contents().as_bytes());
        return Err(format!("{} ended with {}", program.display(), status.exit_code()));
    }
    if let Some(last) = shots.last_mut() {
        last.shown = END;
    }
    let theme = Theme::built_in("dark", Depth::True).ok_or("the dark theme is built in")?;
    Ok(film(&shots, &theme, "swarmscope: a swarm of 24 peers is asked, one by one and all at once"))
}

/// The program that was built beside this one.
fn program() -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|error| error.to_string())?;
    let beside = this
        .ancestors()
        .nth(2)
        .map(|folder| folder.join("swarmscope"))
        .filter(|path| path.is_file());
    beside.ok_or_else(|| {
        "build the program first: cargo build, with --release where this has it".to_owned()
    })
}

/// Takes what the terminal shows into the film: the frame before is seen longer, or a new one
/// begins.
fn look(shots: &mut Vec<Shot>, screen: &vt100::Screen) {
    if shots.is_empty() && !(screen.alternate_screen() && screen.contents().contains(BEGINS_WITH)) {
        return;
    }
    if !screen.alternate_screen() {
        return; // it is at its end
    }
    let cells = cells(screen);
    match shots.last_mut() {
        Some(last) if last.cells == cells => last.shown += LOOK,
        // what changed so soon again was no beat of its own
        Some(last) if last.shown < BEAT => (last.cells, last.shown) = (cells, last.shown + LOOK),
        _ => shots.push(Shot { cells, shown: LOOK }),
    }
}

fn cells(screen: &vt100::Screen) -> Buffer {
    let mut cells = Buffer::empty(Rect::new(0, 0, COLUMNS, ROWS));
    for (x, y) in (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (x, y))) {
        let Some(cell) = screen.cell(y, x).filter(|cell| !cell.is_wide_continuation()) else {
            continue;
        };
        let mut style = Style::new();
        style.fg = colour(cell.fgcolor());
        style.bg = colour(cell.bgcolor());
        for (has, modifier) in [
            (cell.bold(), Modifier::BOLD),
            (cell.dim(), Modifier::DIM),
            (cell.underline(), Modifier::UNDERLINED),
            (cell.inverse(), Modifier::REVERSED),
        ] {
            if has {
                style = style.add_modifier(modifier);
            }
        }
        let symbol = if cell.has_contents() { cell.contents() } else { " " };
        cells[(x, y)].set_symbol(symbol).set_style(style);
    }
    cells
}

fn colour(colour: vt100::Color) -> Option<Color> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Idx(index) => Some(Color::Indexed(index)),
        vt100::Color::Rgb(r, g, b) => Some(Color::Rgb(r, g, b)),
    }
}
