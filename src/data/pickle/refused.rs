//! Gives the line of Python that writes an object of a refused class as plain data.

/// Modules or classes by the start of their name, and what to write instead.
const REMEDIES: &[(&str, &str)] = &[
    (
        "joblib.",
        "joblib.dump wrote this file; write it again: pickle.dump(joblib.load('FILE'), \
         open('NEW.pkl', 'wb'), protocol=4)",
    ),
    (
        "pandas.",
        "write frames and series as arrays: frame.to_numpy()",
    ),
    (
        "torch.",
        "write tensors as arrays: tensor.detach().cpu().numpy()",
    ),
    ("tensorflow.", "write tensors as arrays: tensor.numpy()"),
    ("jax", "write arrays with numpy.asarray(array)"),
    (
        "scipy.sparse",
        "write sparse matrices as arrays: matrix.toarray()",
    ),
    (
        "numpy.ma",
        "write masked arrays as plain ones: array.filled(0)",
    ),
    (
        "numpy.record",
        "write records as plain columns: array['NAME']",
    ),
    ("numpy.rec", "write records as plain columns: array['NAME']"),
    ("datetime.", "write dates as text: date.isoformat()"),
    ("decimal.", "write decimals as numbers: float(number)"),
    ("pathlib", "write paths as text: str(path)"),
    ("PIL.", "write images as arrays: numpy.asarray(image)"),
    (
        "collections.",
        "write it as dict(...), list(...) or tuple(...)",
    ),
];

/// What to write in place of an object of this class.
pub fn remedy(name: &str) -> &'static str {
    let known = REMEDIES.iter().find(|(start, _)| name.starts_with(start));
    known.map_or(
        "write its content as dicts, lists and numpy arrays: vars(x), dataclasses.asdict(x), \
         numpy.asarray(x)",
        |(_, remedy)| remedy,
    )
}
