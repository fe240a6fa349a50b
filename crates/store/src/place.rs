//! Where a store is, as the command line writes it: `sqlite:FILE`, a path, or `postgres://…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a store is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// A database of a server, with user and password as its URL has them.
    Postgres(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:").unwrap_or(text) {
            "" => {
                Err("it is empty; write sqlite:FILE, a path, or postgres://USER@HOST/DATABASE"
                    .into())
            }
            path if path.contains("://") => Err(format!(
                "{path:?} is neither a path nor postgres://…; write sqlite:FILE for a file of that name"
            )),
            path => Ok(Self::Sqlite(path.into())),
        }
    }
}

/// Without user and password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "postgres://{}", place.split('?').next().unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_and_no_secret_is_shown() {
        assert_eq!("sqlite:a b.db".parse(), Ok(Place::Sqlite("a b.db".into())));
        assert_eq!("/tmp/a.db".parse(), Ok(Place::Sqlite("/tmp/a.db".into())));
        let server: Place =
            "postgres://me:secret@db.example/crawl?sslmode=disable".parse().unwrap();
        assert_eq!(server.to_string(), "postgres://db.example/crawl");
        assert!("".parse::<Place>().is_err() && "mysql://x".parse::<Place>().is_err());
    }
}
