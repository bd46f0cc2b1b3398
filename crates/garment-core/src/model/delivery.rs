/// How the commit gets to the hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Delivery {
    /// Each host fetches it from the origin.
    #[default]
    Pull,
    /// This machine fetches it, and sends each host what that lacks.
    Push,
}

impl Delivery {
    /// All of them, with the word that stands in `deploy.conf`.
    pub const WORDS: [(Self, &'static str); 2] = [(Self::Pull, "pull"), (Self::Push, "push")];

    /// The word in `deploy.conf`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }
}
