//! Renders `screenshots/*.svg` as PNG files beside them: `cargo run --example screenshots
//! [FOLDER]`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Pixels for each unit of the SVG.
const SCALE: f32 = 1.5;
/// Where fonts are looked for.
const FONT_FOLDERS: [&str; 4] =
    ["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts"];
/// The families that the pictures name, best first.
const FAMILIES: [&str; 3] = ["JetBrains Mono", "DejaVu Sans Mono", "Menlo"];

fn main() -> ExitCode {
    let folder = env::args_os()
        .nth(1)
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots"), PathBuf::from);
    match render_all(&folder) {
        Ok(count) => {
            println!("{count} pictures in {}", folder.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn render_all(folder: &Path) -> Result<usize, String> {
    let options = Options { fontdb: Arc::new(fonts()?), ..Options::default() };
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut count = 0;
    for path in entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "svg"))
    {
        render(&path, &options).map_err(|error| format!("{}: {error}", path.display()))?;
        count += 1;
    }
    Ok(count)
}

fn render(path: &Path, options: &Options) -> Result<(), String> {
    let svg = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let tree = Tree::from_str(&svg, options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or("the picture has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("the picture is too large")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.save_png(path.with_extension("png")).map_err(|error| error.to_string())
}

fn fonts() -> Result<fontdb::Database, String> {
    let mut fonts = fontdb::Database::new();
    for folder in FONT_FOLDERS {
        load(&mut fonts, Path::new(folder));
    }
    let has = |family: &str| {
        fonts.faces().any(|face| face.families.iter().any(|(name, _)| name == family))
    };
    if !FAMILIES.into_iter().any(has) {
        return Err(format!(
            "none of the fonts {} is in {}: install one (Debian: fonts-dejavu-core, or fonts-jetbrains-mono)",
            FAMILIES.join(", "),
            FONT_FOLDERS.join(", ")
        ));
    }
    Ok(fonts)
}

fn load(fonts: &mut fontdb::Database, folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            load(fonts, &path);
        } else if path.extension().is_some_and(|e| e == "ttf" || e == "otf")
            && let Ok(bytes) = fs::read(&path)
        {
            fonts.load_font_data(bytes);
        }
    }
}
