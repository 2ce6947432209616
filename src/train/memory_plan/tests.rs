use super::*;

#[test]
fn parts_are_even() {
    assert_eq!(even(64, 64), 64);
    assert_eq!(even(64, 40), 32);
    assert_eq!(even(64, 23), 22);
    assert_eq!(even(5, 100), 5);
    assert_eq!(even(64, 1), 1);
}
