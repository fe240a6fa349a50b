//! The screen, from real model states: what it shows at every size, in every theme, whatever peers
//! and operators do.

mod acceptance;
mod case;
#[path = "../clock/mod.rs"]
mod clock;
mod colours;
mod commands;
mod composing;
mod crowd;
mod every_view;
mod export;
mod finding;
mod first_run;
mod fixture;
mod hostile;
mod ladder;
mod layout;
mod list;
mod log;
mod many;
mod marks_and_outliers;
mod mouse;
mod networks;
mod numbers;
mod overview;
mod peer_screen;
mod pictures;
mod planning;
mod properties;
mod readme;
mod replay;
mod reply;
mod screenshots;
mod several;
mod signals;
mod snapshots;
mod stories;
mod table;
mod talk;
mod time;
mod tour;
mod views;
