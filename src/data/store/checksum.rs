//! Hashes the values of columns, independent of how they are stored.

use super::schema::Number;

/// Values that are hashed at a time: their bytes stay in the cache.
const BLOCK: usize = 1 << 14;

/// Incremental hash of one column's values.
#[derive(Default)]
pub struct ColumnHasher {
    hasher: blake3::Hasher,
    scratch: Vec<u8>,
}

impl ColumnHasher {
    pub fn numbers<T: Number>(&mut self, values: &[T]) {
        for block in values.chunks(BLOCK) {
            self.scratch.resize(4 * block.len(), 0);
            let (parts, _) = self.scratch.as_chunks_mut::<4>();
            for (bytes, value) in parts.iter_mut().zip(block) {
                *bytes = value.bytes();
            }
            self.hasher.update(&self.scratch);
        }
    }

    /// Length first, so that no two lists of texts give the same bytes.
    pub fn text(&mut self, text: &str) {
        self.hasher.update(&(text.len() as u64).to_le_bytes());
        self.hasher.update(text.as_bytes());
    }

    pub fn finish(&self) -> blake3::Hash {
        self.hasher.finalize()
    }
}

/// A finished column: the input of the content hash.
#[derive(Clone, Debug)]
pub struct ColumnDigest {
    /// `train/audio`
    pub name: String,
    /// `f32`, `i32` or `text`
    pub kind: &'static str,
    pub shape: Vec<usize>,
    pub hash: blake3::Hash,
}

/// Hash over the names, types, shapes and values of all columns, in the order of their names.
/// Equal data have equal hashes for any pickle protocol or container of the source.
pub fn content_hash(columns: &[ColumnDigest]) -> String {
    let mut sorted: Vec<&ColumnDigest> = columns.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hasher = blake3::Hasher::new();
    for column in sorted {
        let shape: Vec<String> = column.shape.iter().map(usize::to_string).collect();
        let head = format!("{}\n{}\n{}\n", column.name, column.kind, shape.join(","));
        hasher.update(head.as_bytes());
        hasher.update(column.hash.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(name: &str, values: &[f32], shape: &[usize]) -> ColumnDigest {
        let mut hasher = ColumnHasher::default();
        hasher.numbers(values);
        let (name, shape) = (name.to_owned(), shape.to_owned());
        ColumnDigest {
            name,
            kind: "f32",
            shape,
            hash: hasher.finish(),
        }
    }

    #[test]
    fn order_of_columns_does_not_matter_but_names_shapes_and_values_do() {
        let (a, b) = (digest("a", &[1.0, 2.0], &[2]), digest("b", &[3.0], &[1]));
        let hash = content_hash(&[a.clone(), b.clone()]);
        assert_eq!(hash, content_hash(&[b.clone(), a.clone()]));
        assert_ne!(
            hash,
            content_hash(&[digest("a", &[1.0, 2.0], &[1, 2]), b.clone()])
        );
        assert_ne!(
            hash,
            content_hash(&[digest("c", &[1.0, 2.0], &[2]), b.clone()])
        );
        assert_ne!(hash, content_hash(&[digest("a", &[1.0, -2.0], &[2]), b]));
    }

    #[test]
    fn blocks_do_not_change_a_hash() {
        let (mut one, mut two) = (ColumnHasher::default(), ColumnHasher::default());
        one.numbers(&[1i32, 2, 3]);
        two.numbers(&[1i32]);
        two.numbers(&[2i32, 3]);
        assert_eq!(one.finish(), two.finish());
        two.text("");
        assert_ne!(one.finish(), two.finish());
    }
}
