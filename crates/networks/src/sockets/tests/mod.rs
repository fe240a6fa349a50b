//! Questions over real sockets to peers that do not behave.

mod endless;
mod support;
