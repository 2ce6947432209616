//! Makes a batch of a case's inputs.

use tch::{Kind, Tensor};

use super::Setting;
use crate::model::{Batch, Inputs, Text};
use crate::selftest::case::{Case, Result, cast};

/// The case's inputs as a batch. Cases without masked inputs (`*_m`) train on the complete ones.
pub fn batch(case: &Case, setting: Setting) -> Result<Batch> {
    let place = |tensor: &Tensor| cast(tensor, setting.kind).to_device(setting.device);
    let label = place(case.require("label")?);
    let samples = label.size()[0];
    let rate = |name: &str| {
        let rate = case.input(&format!("missing_rate_{name}"));
        rate.map_or_else(|| label.zeros_like(), place)
    };
    let masked = case.input("audio_m").is_some();
    Ok(Batch {
        missing_rate: [rate("l"), rate("a"), rate("v")],
        masked: inputs(case, if masked { "_m" } else { "" }, &place)?,
        complete: masked.then(|| inputs(case, "", &place)).transpose()?,
        label,
        index: (0..samples).collect(),
        epoch: 1,
        position: 0,
    })
}

fn inputs(case: &Case, suffix: &str, place: &dyn Fn(&Tensor) -> Tensor) -> Result<Inputs> {
    let get = |name: &str| case.require(&format!("{name}{suffix}")).map(place);
    let length = |name: &str| case.require(&format!("{name}_len")).map(place);
    let (text, audio) = (get("text")?, get("audio")?);
    Ok(Inputs {
        text_present: audio.new_ones([audio.size()[0], 1], (audio.kind(), audio.device())),
        text: match case.bert {
            Some(_) => Text::Tokens(text.to_kind(Kind::Int64)),
            None => Text::States(text),
        },
        audio,
        vision: get("vision")?,
        text_lengths: length("text")?,
        audio_lengths: length("audio")?,
        vision_lengths: length("vision")?,
    })
}
