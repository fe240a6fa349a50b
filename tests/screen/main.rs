//! The screen, from real model states: what it shows at every size, in every theme, whatever peers and operators do.

mod fixture;
mod screenshots;
