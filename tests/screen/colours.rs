//! The themes can be read, by everybody: contrast as WCAG 2 counts it, and distances between the
//! colours that mean something, as eyes with and without a colour-vision deficiency see them.
#![allow(clippy::many_single_char_names, clippy::manual_midpoint)] // formulas, with the letters of their papers

use ratatui::style::Color;
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;

type Vector = [f64; 3];

/// Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
const EYES: [(&str, [Vector; 3]); 4] = [
    ("normal", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protan",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deutan",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritan",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// The colour's linear RGB.
fn linear(colour: Option<Color>) -> Vector {
    let Some(Color::Rgb(r, g, b)) = colour else { panic!("{colour:?} is no colour of 24 bits") };
    [r, g, b].map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    })
}

fn luminance([r, g, b]: Vector) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: Vector, other: Vector) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn seen_by(eyes: &[Vector; 3], colour: Vector) -> Vector {
    eyes.map(|row| row.iter().zip(colour).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0))
}

/// CIE L*a*b* under D65.
fn lab([r, g, b]: Vector) -> Vector {
    let x = (0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47;
    let y = 0.212_672_9 * r + 0.715_152_2 * g + 0.072_175 * b;
    let z = (0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b) / 1.088_83;
    let f =
        |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
    [116.0 * f(y) - 16.0, 500.0 * (f(x) - f(y)), 200.0 * (f(y) - f(z))]
}

/// CIEDE2000 (Sharma, Wu and Dalal 2005).
fn distance(one: Vector, other: Vector) -> f64 {
    let ([l1, a1, b1], [l2, a2, b2]) = (lab(one), lab(other));
    let mean_c = f64::midpoint(a1.hypot(b1), a2.hypot(b2));
    let g = 0.5 * (1.0 - (mean_c.powi(7) / (mean_c.powi(7) + 25_f64.powi(7))).sqrt());
    let (a1, a2) = ((1.0 + g) * a1, (1.0 + g) * a2);
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue = |a: f64, b: f64| {
        if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) }
    };
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let grey = c1 * c2 == 0.0;
    let turn = match h2 - h1 {
        _ if grey => 0.0,
        d if d > 180.0 => d - 360.0,
        d if d < -180.0 => d + 360.0,
        d => d,
    };
    let (dl, dc) = (l2 - l1, c2 - c1);
    let dh = 2.0 * (c1 * c2).sqrt() * (turn.to_radians() / 2.0).sin();
    let (l, c) = (f64::midpoint(l1, l2), f64::midpoint(c1, c2));
    let h = match h1 + h2 {
        sum if grey => sum,
        sum if (h1 - h2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => (sum + 360.0) / 2.0,
        sum => (sum - 360.0) / 2.0,
    };
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0)
        - 0.20 * cos(4.0 * h - 63.0);
    let sl = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (sc, sh) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let around = 60.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let rc = 2.0 * (c.powi(7) / (c.powi(7) + 25_f64.powi(7))).sqrt();
    let rt = -around.to_radians().sin() * rc;
    let (dl, dc, dh) = (dl / sl, dc / sc, dh / sh);
    (dl * dl + dc * dc + dh * dh + rt * dc * dh).sqrt()
}

fn themes() -> [(&'static str, Theme); 3] {
    ["dark", "light", "high-contrast"]
        .map(|name| (name, Theme::built_in(name, Depth::True).expect("built in")))
}

/// The colours that mean something, by name.
fn inks(theme: &Theme) -> [(&'static str, Vector); 6] {
    [
        ("text", linear(theme.base.fg)),
        ("muted", linear(theme.muted.fg)),
        ("accent", linear(theme.accent.fg)),
        ("wait", linear(theme.pill.bg)),
        ("caution", linear(theme.caution.fg)),
        ("fail", linear(theme.fail.fg)),
    ]
}

#[test]
fn the_formula_gives_the_published_distances() {
    // pairs of Sharma, Wu and Dalal are given in L*a*b*; black, white and equal colours are what
    // sRGB can check them with
    assert!((distance([1.0; 3], [0.0; 3]) - 100.0).abs() < 0.01);
    assert!(distance([0.2, 0.5, 0.1], [0.2, 0.5, 0.1]) < 1e-9);
    let (red, green) = (linear(Some(Color::Rgb(255, 0, 0))), linear(Some(Color::Rgb(0, 255, 0))));
    assert!((distance(red, green) - 86.61).abs() < 0.05, "{}", distance(red, green));
}

#[test]
fn everything_can_be_read_on_every_ground() {
    for (name, theme) in themes() {
        let grounds = [("bg", theme.base.bg), ("panel", theme.panel.bg), ("sel", theme.sel.bg)];
        for (ground, paper) in grounds.map(|(ground, colour)| (ground, linear(colour))) {
            for (ink, colour) in inks(&theme) {
                let measured = contrast(colour, paper);
                assert!(
                    measured >= 4.5,
                    "{name}: {ink} on {ground} has a contrast of {measured:.2}"
                );
            }
        }
        let faint = contrast(linear(theme.faint.fg), linear(theme.base.bg));
        assert!(faint >= 3.0, "{name}: faint has {faint:.2}");
        let pill = contrast(linear(theme.pill.fg), linear(theme.pill.bg));
        assert!(pill >= 4.5, "{name}: the pill has {pill:.2}");
    }
}

#[test]
fn colours_that_mean_something_are_told_apart_by_every_eye() {
    for (name, theme) in themes() {
        for (eyes, matrix) in &EYES {
            let seen = inks(&theme).map(|(ink, colour)| (ink, seen_by(matrix, colour)));
            for (i, (one, a)) in seen.iter().enumerate() {
                for (other, b) in &seen[..i] {
                    let measured = distance(*a, *b);
                    assert!(
                        measured >= 9.5,
                        "{name}, {eyes}: {one} and {other} are {measured:.1} apart"
                    );
                    if (*other, *one) == ("wait", "fail") {
                        assert!(
                            measured >= 25.0,
                            "{name}, {eyes}: 254 and failures are {measured:.1} apart"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn with_high_contrast_every_text_has_seven_and_the_pill_too() {
    let theme = Theme::built_in("high-contrast", Depth::True).expect("built in");
    let grounds = [("bg", theme.base.bg), ("panel", theme.panel.bg), ("sel", theme.sel.bg)];
    for (ground, paper) in grounds.map(|(ground, colour)| (ground, linear(colour))) {
        for (ink, colour) in inks(&theme) {
            let measured = contrast(colour, paper);
            assert!(measured >= 7.0, "{ink} on {ground} has a contrast of {measured:.2}");
        }
    }
    for (name, ink) in [("faint", theme.faint.fg), ("rule", theme.rule.fg)] {
        let measured = contrast(linear(ink), linear(theme.base.bg));
        assert!(measured >= 6.0, "{name} has {measured:.2}");
    }
    assert!(contrast(linear(theme.pill.fg), linear(theme.pill.bg)) >= 7.0);
}

/// What terminals ship with: name, background, and the colours 0, 9, 12 and 13, which are all that
/// `sixteen` uses.
const PALETTES: [(&str, u32, [u32; 4]); 10] = [
    ("xterm, dark", 0x00_0000, [0x00_0000, 0xff_0000, 0x5c_5cff, 0xff_00ff]),
    ("xterm, light", 0xff_ffff, [0x00_0000, 0xff_0000, 0x5c_5cff, 0xff_00ff]),
    ("Linux console", 0x00_0000, [0x00_0000, 0xff_5555, 0x55_55ff, 0xff_55ff]),
    ("Campbell", 0x0c_0c0c, [0x0c_0c0c, 0xe7_4856, 0x3b_78ff, 0xb4_009e]),
    ("Tango", 0x2e_3436, [0x2e_3436, 0xef_2929, 0x72_9fcf, 0xad_7fa8]),
    ("GNOME", 0x17_1421, [0x17_1421, 0xf6_6151, 0x2a_7bde, 0xc0_61cb]),
    ("Solarized, dark", 0x00_2b36, [0x07_3642, 0xcb_4b16, 0x83_9496, 0x6c_71c4]),
    ("Solarized, light", 0xfd_f6e3, [0x07_3642, 0xcb_4b16, 0x83_9496, 0x6c_71c4]),
    ("VS Code, dark", 0x1e_1e1e, [0x00_0000, 0xf1_4c4c, 0x3b_8eea, 0xd6_70d6]),
    ("VS Code, light", 0xff_ffff, [0x00_0000, 0xcd_3131, 0x04_51a5, 0xbc_05bc]),
];

#[test]
fn sixteen_colours_can_be_read_in_the_palettes_that_terminals_ship_with() {
    let theme = Theme::built_in("sixteen", Depth::Sixteen).expect("built in");
    for (name, paper, colours) in PALETTES {
        let rgb = |number: u32| linear(Some(Color::from_u32(number)));
        // `default` is the terminal's own foreground: readable by its owner's choice
        let of = |colour: Option<Color>| match colour {
            Some(Color::Reset) | None => None,
            Some(Color::Indexed(index)) => {
                let at = [0, 9, 12, 13].iter().position(|known| *known == index);
                Some(rgb(colours[at.unwrap_or_else(|| {
                    panic!("{index} is not among those that can be read everywhere")
                })]))
            }
            other => panic!("{other:?} is none of the 16 colours"),
        };
        for (token, style) in [
            ("accent", theme.accent),
            ("fail", theme.fail),
            ("caution", theme.caution),
            ("muted", theme.muted),
            ("faint", theme.faint),
            ("rule", theme.rule),
            ("text", theme.base),
        ] {
            if let Some(ink) = of(style.fg) {
                let measured = contrast(ink, rgb(paper));
                assert!(measured >= 2.9, "{name}: {token} has {measured:.2}");
            }
            assert_eq!(of(style.bg), None, "{token} has a ground of its own");
        }
        let (ink, ground) =
            (of(theme.pill.fg).expect("a colour"), of(theme.pill.bg).expect("a colour"));
        assert!(contrast(ink, ground) >= 2.9, "{name}: the pill has {:.2}", contrast(ink, ground));
        assert!(contrast(ground, rgb(paper)) >= 2.9, "{name}: the pill is not seen on its ground");
    }
}
