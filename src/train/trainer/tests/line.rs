//! A linear model whose every failure can be asked for.

use super::*;

/// prediction = weight * mean(audio) + bias, with a way to go wrong.
pub struct Line {
    pub weight: Tensor,
    pub bias: Tensor,
    /// Samples that fit into memory at once.
    pub room: i64,
    pub divisible: bool,
    /// Whether a pass draws random numbers, so that a resumed run shows whether it draws the same.
    pub draws: bool,
    /// Raised after this many passes.
    pub stop: Option<(usize, Arc<AtomicBool>)>,
    pub passes: Arc<AtomicUsize>,
    /// Raised in this pass without gradient, of which validation makes one a view.
    pub stop_evaluating: Option<(usize, Arc<AtomicBool>)>,
    pub evaluations: AtomicUsize,
    /// Epoch and position of the batch whose loss is finite and whose gradient is not.
    pub broken_gradient: Option<(u32, usize)>,
    /// The pass after which the weight is infinite.
    pub spoilt: Option<usize>,
    /// Divides by what dropout draws, and notes which samples that made infinite, pass by pass.
    pub divides: Option<Arc<Mutex<Vec<Vec<i64>>>>>,
    /// When a stage of its own moves the bias, which the main stage moves otherwise.
    pub stage: Option<When>,
    /// Follows the weight after each step of the main stage.
    pub teacher: Option<Tensor>,
    /// Whether every batch of a group updates too.
    pub within_group: bool,
}

impl Line {
    pub fn new(store: &nn::VarStore) -> Self {
        let root = store.root();
        Self {
            weight: root.var("weight", &[1], nn::Init::Const(0.5)),
            bias: root.var("bias", &[1], nn::Init::Const(0.0)),
            room: i64::MAX,
            divisible: true,
            draws: true,
            stop: None,
            passes: Arc::default(),
            stop_evaluating: None,
            evaluations: AtomicUsize::new(0),
            broken_gradient: None,
            spoilt: None,
            divides: None,
            stage: None,
            teacher: None,
            within_group: false,
        }
    }

    fn at(&self, inputs: &Inputs, trace: &mut Trace) -> Tensor {
        let mean = inputs
            .audio
            .mean_dim([1i64, 2].as_slice(), false, Kind::Float);
        trace.record("mean", &mean);
        (mean * &self.weight + &self.bias).unsqueeze(1)
    }
}

/// Counts one more; raises the flag of this count.
fn count(counter: &AtomicUsize, stop: Option<&(usize, Arc<AtomicBool>)>) -> usize {
    let count = counter.fetch_add(1, Ordering::Relaxed) + 1;
    if let Some((at, flag)) = stop
        && count == *at
    {
        flag.store(true, Ordering::Relaxed);
    }
    count
}

impl Model for Line {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> crate::model::error::Result<Losses> {
        let samples = batch.masked.len();
        assert!(
            samples <= self.room,
            "CUDA out of memory. Tried to allocate {samples} MiB"
        );
        let passes = count(&self.passes, self.stop.as_ref());
        let prediction = self.at(&batch.masked, trace);
        let draws = prediction.ones_like().dropout(0.5, self.draws);
        let noisy = match &self.divides {
            None => &prediction * draws,
            Some(infinite) => {
                let dropped = |row: &i64| draws.double_value(&[*row, 0]) == 0.0;
                let rows = (0..samples).filter(dropped);
                let ids = rows.map(|row| batch.index[row as usize]).collect();
                infinite.lock().unwrap().push(ids);
                &prediction / draws
            }
        };
        trace.record("noisy", &noisy);
        let mut loss = noisy.mse_loss(&batch.label, Reduction::Mean);
        if self.broken_gradient == Some((batch.epoch, batch.position)) {
            loss += (&self.weight * 0.0).sqrt().sum(Kind::Float);
        }
        if self.spoilt == Some(passes) {
            let _ = tch::no_grad(|| self.weight.shallow_clone().fill_(f64::INFINITY));
        }
        Ok(Losses::single("mse", loss, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> crate::model::error::Result<Tensor> {
        count(&self.evaluations, self.stop_evaluating.as_ref());
        Ok(self.at(inputs, trace))
    }

    fn is_divisible(&self) -> bool {
        self.divisible
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        let all = ParamGroup::all(recipe);
        match self.stage {
            None => vec![all],
            Some(_) => vec![group("weight", all)],
        }
    }

    fn stages(&self, recipe: &Recipe) -> Vec<Stage> {
        let bias = || vec![group("bias", ParamGroup::all(recipe))];
        let stage = |when| Stage::new("offset", when, recipe, bias());
        self.stage.map(stage).into_iter().collect()
    }

    fn updates_within_group(&self) -> bool {
        self.within_group
    }

    fn after_step(&mut self) {
        if let Some(teacher) = &mut self.teacher {
            let next = &*teacher * 0.9 + &self.weight * 0.1;
            teacher.copy_(&next);
        }
    }
}

fn group(prefix: &str, all: ParamGroup) -> ParamGroup {
    ParamGroup {
        prefixes: vec![prefix.to_owned()],
        ..all
    }
}
