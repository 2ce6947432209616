//! Building blocks shared by models.

pub mod align;
pub mod attention;
pub mod bert;
pub mod bert_config;
mod bert_tape;
pub mod crossmodal;
pub mod encoder_layer;
pub mod head;
pub mod hyper;
pub mod init;
pub mod joint;
pub mod joint_attention;
pub mod lstm;
pub mod post_fusion;
pub mod projection;
pub mod recurrent;
pub mod reversal;
pub mod subnet;
pub mod transformer;

pub use align::align;
pub use attention::Attention;
pub use bert::Bert;
pub use bert_config::BertConfig;
pub use crossmodal::{Crossmodal, CrossmodalSize};
pub use encoder_layer::{EncoderLayer, EncoderLayerSize};
pub use head::Head;
pub use hyper::HyperLayers;
pub use joint::Joint;
pub use joint_attention::JointAttention;
pub use lstm::{Lstm, LstmSize};
pub use post_fusion::{PostFusion, PostFusionOutput};
pub use projection::Projection;
pub use recurrent::LastState;
pub use reversal::reverse_gradient;
pub use subnet::SubNet;
pub use transformer::{Block, BlockSize, CrossTransformer, TokenTransformer};
