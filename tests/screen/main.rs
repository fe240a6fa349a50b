//! The screen, from real model states: what it shows at every size, in every theme, whatever peers and operators do.

mod colours;
mod commands;
mod fixture;
mod hostile;
<<<<<<< HEAD
mod many;
=======
mod peer_screen;
>>>>>>> d224848 (Stories, snapshots and hostile cases of the screen of one peer)
mod properties;
mod reply;
mod screenshots;
mod snapshots;
mod stories;
