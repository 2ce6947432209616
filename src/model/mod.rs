//! Defines the networks under test.
//!
//! A model is one file with its [`Entry`], its `pub mod` and its line in [`MODELS`]. It reads no file
//! and no command line: the trainer passes it a [`Batch`] and differentiates the [`Losses`] it returns.
//! Parameter names equal those of the reference implementations' checkpoints.
//!
//! Inside, models use tch's panicking calls after input shapes have been checked; what depends on files
//! or on the user's choices returns [`ModelError`].

pub mod batch;
pub mod choice;
pub mod encoder;
pub mod engine;
pub mod entry;
pub mod erased;
pub mod error;
pub mod label_bank;
pub mod layers;
pub mod losses;
pub mod made_labels;
mod mmsa;
pub mod recipe;
pub mod reference;
pub mod regressor;
pub mod rng;
pub mod search_space;
pub mod settings;
pub mod setup;
pub mod stage;
pub mod teacher;
pub mod tokens;
pub mod trace;
pub mod variant;
pub mod weights;

pub mod almt;
pub mod bert_mag;
pub mod cenet;
pub mod constant;
pub mod dmd;
pub mod ef_lstm;
pub mod emt_dlfr;
pub mod lf_dnn;
pub mod lmf;
pub mod lnln;
pub mod misa;
pub mod mmim;
pub mod mult;
pub mod niat;
pub mod p_rmf;
pub mod qdrf;
pub mod self_mm;
pub mod tetfn;
pub mod tf_mamba;
pub mod tfn;
pub mod tfr_net;

pub use crate::record::trainer_options;
pub use crate::record::trainer_options::TrainerOptions;
pub use batch::{Batch, Inputs, Text};
pub use choice::Choice;
pub use encoder::{BertConfig, EncoderSetup, FrozenEncoder};
pub use engine::Engine;
pub use entry::{Entry, Model, backward, find};
pub use error::ModelError;
pub use losses::{Losses, Term};
pub use recipe::{GradClip, ParamGroup, Recipe, Rule};
pub use setup::{LabelStats, Outline, Profile, Setup, Shapes};
pub use stage::{Stage, When};
pub use trace::Trace;
pub use variant::Variant;

/// Every model this build offers, in the order of listings.
pub const MODELS: &[&Entry] = &[
    &lnln::ENTRY,
    &almt::ENTRY,
    &ef_lstm::ENTRY,
    &lf_dnn::ENTRY,
    &tfn::ENTRY,
    &lmf::ENTRY,
    &mult::ENTRY,
    &misa::ENTRY,
    &self_mm::ENTRY,
    &bert_mag::ENTRY,
    &mmim::ENTRY,
    &cenet::ENTRY,
    &tetfn::ENTRY,
    &tfr_net::ENTRY,
    &emt_dlfr::ENTRY,
    &niat::ENTRY,
    &dmd::ENTRY,
    &p_rmf::ENTRY,
    &qdrf::ENTRY,
    &tf_mamba::ENTRY,
    &constant::ENTRY,
];
