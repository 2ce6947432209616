//! Reads rows of predictions from CSV or Parquet.

use std::path::Path;

use super::error::{Error, Result};
use super::input_row::InputRow;
use super::{file_name, read_csv, read_parquet};

/// The rows of a file, CSV or Parquet.
pub(super) fn rows(file: &Path, bytes: &[u8]) -> Result<Vec<InputRow>> {
    let name = file_name(file);
    let rows = if bytes.starts_with(b"PAR1") {
        read_parquet::rows(&name, bytes)?
    } else {
        read_csv::rows(&name, bytes)?
    };
    if rows.is_empty() {
        Err(Error::Empty { file: name })
    } else {
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<InputRow>> {
        rows(Path::new("dir/p.csv"), text.as_bytes())
    }

    #[test]
    fn columns_may_come_in_any_order_and_conditions_in_any_spelling() {
        let rows = read(
            "seed,condition,id,prediction,note\n1111.0,0.30000000000000004,a$_$1,0.5,x\n7,LA,b,-1,\n",
        )
        .unwrap();
        assert_eq!(
            (rows[0].condition.to_string(), rows[0].seed),
            ("0.3".to_string(), 1111)
        );
        assert_eq!(
            (rows[1].condition.to_string(), rows[1].number),
            ("LA".to_string(), 3)
        );
        assert_eq!((rows[1].prediction, rows[1].model.clone()), (-1.0, None));
    }

    #[test]
    fn what_is_wrong_is_named_with_row_and_column() {
        let refused = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            refused("id,rate,seed\na,0,1\n"),
            "p.csv: expected the columns id, rate (or condition), seed and prediction, found id, rate, \
             seed; optional are model, mask_protocol and mask_seed"
        );
        let line = |row: &str| refused(&format!("id,rate,seed,prediction\na,0,1,0.5\n{row}\n"));
        assert_eq!(
            line("a,0.5,1,x"),
            "p.csv, row 3: expected a number in column prediction, found `x`"
        );
        assert!(
            line("a,1.5,1,0")
                .contains("expected a condition such as 0.5 or LA in column rate, found `1.5`")
        );
        assert!(
            refused("id,condition,seed,prediction\na,1.5,1,0\n")
                .contains("in column condition, found `1.5`")
        );
        assert!(line("a,0.5,one,0").contains("column seed, found `one`"));
        assert!(line(",0.5,1,0").contains("expected a sample id in column id"));
        assert!(line("a,0.5").contains("p.csv: CSV error"));
        assert_eq!(
            refused("id,rate,seed,prediction\n"),
            "p.csv holds no predictions"
        );
    }
}
