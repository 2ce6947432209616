//! Reads pretrained weights: Hugging Face folders, safetensors and `torch.save` files.

mod file;
mod folder_check;
pub mod hugging_face;
mod index;
pub mod torch_file;
