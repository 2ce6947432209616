//! Orders that scripts give to a test split by its batches and its samples' lengths.

/// Samples of a batch.
const SIZES: [usize; 6] = [8, 16, 24, 32, 48, 64];

/// Samples of a batch that is turned around, or whose halves change places.
const SMALL: [usize; 5] = [4, 8, 16, 32, 64];

/// Orders with what they are: the sample at each place. `lengths` are those of the text.
pub fn orders(lengths: &[u32], n: usize) -> Vec<(String, Vec<usize>)> {
    let mut orders = Vec::new();
    let mut as_text: Vec<usize> = (0..n).collect();
    as_text.sort_by_cached_key(usize::to_string);
    let text = "in the order of positions sorted as text (0, 1, 10, 100)";
    orders.push((text.to_string(), as_text));
    if lengths.len() == n {
        // Sorts are stable in both directions, as those of Python and of PyTorch's collate functions are.
        let longest = |i: &usize| std::cmp::Reverse(lengths[*i]);
        let mut down: Vec<usize> = (0..n).collect();
        let mut up = down.clone();
        down.sort_by_key(longest);
        up.sort_by_key(|i| lengths[*i]);
        orders.push((
            "in the order of text length, longest first".to_string(),
            down,
        ));
        orders.push(("in the order of text length".to_string(), up));
        for size in SIZES.into_iter().filter(|size| *size < n).chain([n]) {
            let ties = within(n, size, |batch| reverse_ties(batch, lengths));
            let batches = if size == n {
                String::new()
            } else {
                format!(" within batches of {size}")
            };
            let text = format!("with samples of equal text length in reverse order{batches}");
            orders.push((text, ties));
        }
        for size in SIZES.into_iter().filter(|size| *size < n) {
            let text = format!("in the order of text length within batches of {size}");
            let places = within(n, size, |batch| batch.sort_by_key(longest));
            // The order that sorts a batch, applied again where its inverse was meant.
            let again = places.iter().map(|at| places[*at]);
            orders.push((format!("{text}, applied twice"), again.collect()));
            orders.push((text, places));
            let up = within(n, size, |batch| batch.sort_by_key(|i| lengths[*i]));
            let text =
                format!("in the order of text length within batches of {size}, shortest first");
            orders.push((text, up));
        }
    }
    let pairs = within(n, 2, <[usize]>::reverse);
    orders.push(("with each two neighbors exchanged".to_string(), pairs));
    for size in SMALL {
        let back = within(n, size, <[usize]>::reverse);
        orders.push((format!("in reverse order within batches of {size}"), back));
        let halves = within(n, size, |batch| batch.rotate_left(batch.len() / 2));
        orders.push((
            format!("with the halves of each batch of {size} exchanged"),
            halves,
        ));
    }
    for size in SIZES.into_iter().filter(|size| 2 * size < n) {
        orders.extend(shared(n, size));
    }
    orders
}

/// Samples with each batch of some size in another order.
fn within(n: usize, size: usize, order: impl Fn(&mut [usize])) -> Vec<usize> {
    let mut places: Vec<usize> = (0..n).collect();
    places.chunks_mut(size).for_each(order);
    places
}

/// Exchanges samples of one length, as a sort that is not stable, or a reversed one, leaves them.
fn reverse_ties(batch: &mut [usize], lengths: &[u32]) {
    let mut sorted = batch.to_vec();
    sorted.sort_by_key(|at| lengths[*at]);
    let first = batch[0];
    for ties in sorted.chunk_by(|a, b| lengths[*a] == lengths[*b]) {
        for (place, at) in ties.iter().zip(ties.iter().rev()) {
            batch[place - first] = *at;
        }
    }
}

/// Two processes with a batch each in turn, one after the other; samples by turns, gathered in batches; batches by their
/// numbers as text, and from the last one on.
fn shared(n: usize, size: usize) -> [(String, Vec<usize>); 4] {
    let places: Vec<usize> = (0..n).collect();
    let batches: Vec<&[usize]> = places.chunks(size).collect();
    let every = |first: usize| {
        batches[first..]
            .iter()
            .step_by(2)
            .flat_map(|batch| batch.iter())
    };
    let turns = every(0).chain(every(1)).copied().collect();
    let [even, odd] = [0, 1].map(|first| (first..n).step_by(2).collect::<Vec<usize>>());
    // The first process has as many batches as the second, or one more.
    let gathered = even.chunks(size).enumerate().flat_map(|(i, batch)| {
        let other = odd.chunks(size).nth(i).unwrap_or_default();
        [batch, other].concat()
    });
    let mut by_name: Vec<usize> = (0..batches.len()).collect();
    by_name.sort_by_cached_key(usize::to_string);
    let by_name = by_name.into_iter().flat_map(|i| batches[i].iter().copied());
    [
        (
            format!("in the order in which 2 processes share batches of {size}"),
            turns,
        ),
        (
            format!("in the order in which 2 processes share samples, batches of {size} in turn"),
            gathered.collect(),
        ),
        (
            format!("in the order of batches of {size} sorted by name (0, 1, 10)"),
            by_name.collect(),
        ),
        (
            format!("with batches of {size} in reverse order"),
            batches
                .iter()
                .rev()
                .flat_map(|batch| batch.iter())
                .copied()
                .collect(),
        ),
    ]
}
