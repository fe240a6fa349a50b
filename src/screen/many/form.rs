//! Rate and concurrency where they are typed.

use super::super::input::Input;
use swarmscope_facts::many::pace::{Pace, Rate, parse_waiting};

/// Rate and concurrency while they are typed.
#[derive(Clone, Default, Debug)]
pub struct PaceForm {
    pub rate: Input,
    pub waiting: Input,
    /// The second field is typed in.
    pub second: bool,
    pub error: Option<String>,
}

impl PaceForm {
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        let (rate, waiting) =
            (Input::new(pace.rate.to_string()), Input::new(pace.waiting.to_string()));
        Self { rate, waiting, ..Self::default() }
    }

    /// The field that is typed in.
    pub const fn field(&mut self) -> &mut Input {
        if self.second { &mut self.waiting } else { &mut self.rate }
    }

    /// What was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn pace(&self) -> Result<Pace, String> {
        Ok(Pace {
            rate: Rate::parse(self.rate.text())?,
            waiting: parse_waiting(self.waiting.text())?,
        })
    }
}
