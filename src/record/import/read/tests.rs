use super::*;

fn read(text: &str) -> Result<Source> {
    source(Path::new("dir/p.csv"), text.into(), &[])
}

fn refused(text: &str) -> String {
    read(text).err().unwrap().to_string()
}

#[test]
fn columns_may_come_in_any_order_and_conditions_in_any_spelling() {
    let text =
        "seed,condition,id,prediction,note\n1111.0,0.30000000000000004,a$_$1,0.5,x\n7,LA,b,-1,\n";
    let Source { rows, notes, .. } = read(text).unwrap();
    assert_eq!(
        (rows[0].condition.to_string(), rows[0].seed),
        ("0.3".to_string(), 1111)
    );
    assert_eq!(
        (rows[1].condition.to_string(), rows[1].number),
        ("LA".to_string(), 3)
    );
    assert_eq!((rows[1].prediction, rows[1].model.clone()), (-1.0, None));
    assert!(notes.is_empty());
}

#[test]
fn what_is_wrong_is_named_with_row_and_column() {
    assert_eq!(
        refused("id,rate,seed\na,0,1\n"),
        "p.csv: expected the columns id, rate (or condition), seed and prediction, found id, rate, \
         seed; complete samples are rate 0; optional are model, mask_protocol and mask_seed; --column ROLE=NAME takes others"
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
    assert!(line("a,50,1,0").contains("found `50`; a rate is a fraction"));
    assert!(line("a,50%,1,0").contains("found `50%`; a rate is a fraction"));
    assert!(line("a,clean,1,0").contains("found `clean`; complete samples are 0"));
    assert!(line("a,T,1,0").contains("L (language), A (audio), V (vision)"));
    assert!(line("a,0.5,1,tensor(0.5)").contains("plain numbers"));
    assert_eq!(
        line("a,0.5,1,\u{2212}0.2447"),
        "p.csv, row 3: expected a number in column prediction, found `\u{2212}0.2447`; it holds the sign U+2212, a \
         minus or dash of print, that no number has: write -0.2447"
    );
    assert!(
        line("a,0.5,1,0.2447\u{a0}")
            .contains("U+00A0, a no-break space, that no number has: write 0.2447")
    );
    assert!(!line("a,0.5,1,\u{e9}").contains("sign"));
    assert!(
        refused("id,condition,seed,prediction\na,1.5,1,0\n")
            .contains("in column condition, found `1.5`")
    );
    assert!(line("a,0.5,one,0").contains("column seed, found `one`"));
    assert!(line(",0.5,1,0").contains("expected a sample id in column id"));
    assert!(line("a,0.5").contains("line 3 has 2 fields"));
    assert_eq!(
        refused("id,rate,seed,prediction\n"),
        "p.csv holds no predictions"
    );
    let long = line(&format!("a,0.5,1,{}", "x".repeat(3000)));
    assert!(long.len() < 200, "{long}");
}

#[test]
fn rate_and_condition_must_agree_where_a_file_has_both() {
    let text = |condition: &str| {
        format!("id,rate,condition,seed,prediction\na,0.50,0.5,1,1\nb,1,{condition},1,1\n")
    };
    assert_eq!(read(&text("1.0")).unwrap().rows.len(), 2);
    let message = refused(&text("LA"));
    assert!(
        message.contains("row 3: `rate` is 1 and `condition` is LA"),
        "{message}"
    );
    assert!(message.contains("--column condition=NAME"), "{message}");
}

#[test]
fn decimal_commas_are_read_with_a_note() {
    let source = read("id;rate;seed;prediction\na;0,5;1;-1,25\n").unwrap();
    assert_eq!(source.rows[0].prediction, -1.25);
    assert_eq!(source.rows[0].condition.to_string(), "0.5");
    assert_eq!(
        source.notes,
        ["decimal commas in `rate`, `prediction` are read as points"]
    );
}
