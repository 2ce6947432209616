//! Stores a fit, in an order that a kill may interrupt at any point.
//!
//! Every file is replaced atomically and synced before the next is begun, so that a kill or a power cut
//! comes within the training of an epoch, which is lost, or after one of these:
//!
//! 1. The line in the log. The state is that of the epoch before: the line is cut off when the fit
//!    resumes ([`resume`](crate::train::resume)), and written anew with the epoch. The line comes first since
//!    it could be cut off but not made up: no other file holds its numbers.
//! 2. `last`, which decides: weights, moments, and the epochs that are picked. The file of picked
//!    weights may still be an earlier epoch's, or not be there; [`Fit::settle`] writes it from `last`.
//! 3. The picked weights. Those that nothing picks any more may still be there; [`Fit::settle`] removes
//!    them.
//! 4. That removal. Nothing is left to do.
//!
//! With the picked weights before `last` they could be those of an epoch of which the state knows nothing,
//! and stay so: trained again with other threads or passes, the epoch may not be picked.
//!
//! A signal in the middle of an epoch writes `last` alone. By then the files of the epoch before are
//! complete: this fit has stored them all, or has settled them when it began.

use std::sync::atomic::Ordering;

use super::Fit;
use crate::train::epoch_log::{self, EpochLine};
use crate::train::resume::weights;
use crate::train::selection::{Rule, Selection};
use crate::train::state::{Picks, State};
use crate::train::{Error, checkpoint};

impl Fit<'_> {
    /// Stores an epoch that `state` counts as finished.
    pub(super) fn keep(&self, state: &State, line: &EpochLine) -> Result<(), Error> {
        epoch_log::append(&self.files.log, line)?;
        self.save(state)?;
        self.keep_picked(state)
    }

    /// Does what a kill has left undone after `state`, just taken up, was stored.
    pub(super) fn settle(&self, state: &State) -> Result<(), Error> {
        // After a step the weights are no epoch's, and everything was done before it.
        if state.epoch == 0 || state.step > 0 {
            Ok(())
        } else {
            self.keep_picked(state)
        }
    }

    /// Whether a signal was received.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    /// Stores the state: what a fit ends with that a signal has stopped.
    pub(super) fn stop(&self, state: &State) -> Error {
        let (epoch, step) = (state.epoch, state.step);
        match self.save(state) {
            Ok(()) => Error::Interrupted { epoch, step },
            Err(error) => error,
        }
    }

    fn save(&self, state: &State) -> Result<(), Error> {
        let mut everything = weights(self.store);
        everything.extend(self.optimizers.state());
        let text = serde_json::to_string(state).map_err(|e| Error::Unexpected(e.to_string()))?;
        checkpoint::save(&self.files.last, &everything, &text)
    }

    /// Stores the weights of the epoch just finished, where it is picked, and removes those that
    /// nothing picks any more.
    fn keep_picked(&self, state: &State) -> Result<(), Error> {
        let rules = &self.plan.rules;
        let is_over = state.is_over(&self.plan.recipe);
        let picks_it = |(rule, picks): (&Rule, &Picks)| {
            // The last epoch is known when there is no other: until then each would be picked in turn.
            let settled = rule.selection != Selection::Last || is_over;
            settled && picks.values().any(|pick| pick.epoch == state.epoch)
        };
        if rules.iter().zip(state.all_picks()).any(picks_it) {
            let path = self.files.picked(rules, state.epoch);
            checkpoint::save(&path, &weights(self.store), "{}")?;
        }
        self.files.forget_unpicked(rules, state)
    }
}
