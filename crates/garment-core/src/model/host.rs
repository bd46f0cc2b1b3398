use std::collections::BTreeSet;
use std::fmt;

/// A target of a deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// How it is reached.
    pub destination: Destination,
    /// The roles it has, without `all`.
    pub roles: BTreeSet<Role>,
}

impl Host {
    /// Whether a task that names these roles runs here. No roles, or `all` among them, is every host.
    pub fn has_any(&self, roles: &BTreeSet<Role>) -> bool {
        roles.is_empty() || roles.iter().any(|role| role.is_all() || self.roles.contains(role))
    }
}

/// A name that tasks use to choose hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(pub String);

impl Role {
    /// `all` is every host, without being declared.
    pub fn is_all(&self) -> bool {
        self.0 == "all"
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An SSH destination or this machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// `[user@]host[:port]`, or an alias of the user's ssh config.
    Ssh {
        /// The part before the last `@`.
        user: Option<String>,
        /// Name, alias or address; an IPv6 address without its brackets.
        host: String,
        /// The part after the last `:`.
        port: Option<u16>,
    },
    /// `local`, or `local:NAME`.
    Local {
        /// The NAME of `local:NAME`.
        name: Option<String>,
    },
}

/// Why a text is no destination.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDestination {
    /// Nothing there, or nothing where the host should be.
    #[error("no host name in it")]
    NoHost,
    /// The port is not a number from 1 to 65535.
    #[error("`{0}` is not a port (1 to 65535)")]
    Port(String),
    /// A part that ssh would take for an option.
    #[error("`{0}` starts with `-`, which ssh takes for an option")]
    Dash(String),
    /// A character that no host or user name has.
    #[error("{0:?} can't be in a host")]
    Character(char),
}

impl Destination {
    /// Parses a key of `hosts`.
    ///
    /// # Errors
    /// Names what is wrong with it; nothing that ssh or a shell could misread gets through.
    pub fn parse(text: &str) -> Result<Self, InvalidDestination> {
        if let Some(c) =
            text.chars().find(|c| c.is_control() || c.is_whitespace() || "'\"`$\\;&|<>(){}*?!#".contains(*c))
        {
            return Err(InvalidDestination::Character(c));
        }
        if text == "local" {
            return Ok(Self::Local { name: None });
        }
        if let Some(name) = text.strip_prefix("local:") {
            return match name {
                "" => Err(InvalidDestination::NoHost),
                _ if name.starts_with('-') => Err(InvalidDestination::Dash(name.into())),
                _ => match name.chars().find(|c| "/@:[]".contains(*c)) {
                    Some(c) => Err(InvalidDestination::Character(c)),
                    None => Ok(Self::Local { name: Some(name.into()) }),
                },
            };
        }
        let (user, rest) = match text.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, text),
        };
        let (host, port) = split_port(rest)?;
        let port = match port {
            None => None,
            Some(digits) => match digits.parse::<u16>() {
                Ok(port) if port > 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Some(port),
                _ => return Err(InvalidDestination::Port(digits.into())),
            },
        };
        if host.is_empty() || user == Some("") {
            return Err(InvalidDestination::NoHost);
        }
        if let Some(c) = host.chars().find(|c| "/@[]".contains(*c)) {
            return Err(InvalidDestination::Character(c));
        }
        for part in [Some(host), user].into_iter().flatten() {
            if part.starts_with('-') {
                return Err(InvalidDestination::Dash(part.into()));
            }
        }
        Ok(Self::Ssh { user: user.map(Into::into), host: host.into(), port })
    }

    /// What `{host}` stands for: without user and port; the NAME of `local:NAME`.
    pub fn host(&self) -> &str {
        match self {
            Self::Ssh { host, .. } => host,
            Self::Local { name } => name.as_deref().unwrap_or("local"),
        }
    }
}

/// Splits `host`, `host:port`, `[v6]` and `[v6]:port`. More than one colon without brackets is an IPv6 address.
fn split_port(text: &str) -> Result<(&str, Option<&str>), InvalidDestination> {
    if let Some(inside) = text.strip_prefix('[') {
        let (host, after) = inside.split_once(']').ok_or(InvalidDestination::Character('['))?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(InvalidDestination::Character(']')),
        };
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => Ok((host, Some(port))),
        _ => Ok((text, None)),
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { name: None } => f.write_str("local"),
            Self::Local { name: Some(name) } => write!(f, "local:{name}"),
            Self::Ssh { user, host, port } => {
                if let Some(user) = user {
                    write!(f, "{user}@")?;
                }
                match port {
                    Some(port) if host.contains(':') => write!(f, "[{host}]:{port}"),
                    Some(port) => write!(f, "{host}:{port}"),
                    None => f.write_str(host),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ssh(user: Option<&str>, host: &str, port: Option<u16>) -> Destination {
        Destination::Ssh { user: user.map(Into::into), host: host.into(), port }
    }

    #[test]
    fn destinations() {
        for (text, want) in [
            ("web1", ssh(None, "web1", None)),
            ("shop@one.example.org", ssh(Some("shop"), "one.example.org", None)),
            ("me@corp@one:2222", ssh(Some("me@corp"), "one", Some(2222))),
            ("[2001:db8::1]:22", ssh(None, "2001:db8::1", Some(22))),
            ("2001:db8::1", ssh(None, "2001:db8::1", None)),
            ("local", Destination::Local { name: None }),
            ("local:web1", Destination::Local { name: Some("web1".into()) }),
        ] {
            assert_eq!(Destination::parse(text), Ok(want.clone()), "{text}");
            if !text.starts_with("2001") {
                assert_eq!(want.to_string(), text);
            }
        }
    }

    #[test]
    fn what_ssh_or_a_shell_could_misread_is_refused() {
        for text in [
            "",
            "@",
            "user@",
            "@host",
            ":22",
            "local:",
            "host:",
            "host:0",
            "host:99999",
            "host:+22",
            "-oProxyCommand=x",
            "user@-oProxyCommand=x",
            "-l@host",
            "host name",
            "host\nname",
            "$(touch x)",
            "a;b",
            "a`b`",
            "local:../x",
            "a'b",
            "[::1",
            "[::1]x",
        ] {
            assert!(Destination::parse(text).is_err(), "{text:?}");
        }
    }
}
