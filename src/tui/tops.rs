//! How far each scrolled block is scrolled.

/// Where lists were scrolled to when they were last drawn, so that they move no more than they
/// must.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tops {
    pub peers: usize,
    pub channels: usize,
    pub tree: usize,
    /// Of a table.
    pub columns: usize,
    /// Of the screen of one peer.
    pub lines: usize,
    pub fields: usize,
    pub parts: usize,
    pub bytes: usize,
}
