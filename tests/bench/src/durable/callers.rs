//! So many who publish at a time, each the next thing when the last is acknowledged.
//!
//! It must never count what was acknowledged before or after the time that is measured.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use hdrhistogram::Histogram;
use salon_tests::{Failure, Result};
use tokio::{task::JoinSet, time::sleep};

use super::watch::{Reading, Watch};
use crate::measure::now;

/// What goes before the time that is measured, when all rooms have been opened.
const WARM_UP: Duration = Duration::from_millis(500);

/// One who publishes.
pub(super) trait Caller: 'static {
    /// Publishes that number in that room, and waits until it is acknowledged.
    fn publish(&mut self, room: u32, number: u64) -> impl Future<Output = Result<()>>;
}

/// How many, and in how many rooms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) rooms: u32,
    pub(super) callers: u32,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Driven {
    elapsed: Duration,
    /// From the call to the acknowledgement, in nanoseconds.
    spans: Histogram<u64>,
    spent: Reading,
}

/// What callers share.
struct Course {
    shape: Shape,
    is_measured: Cell<bool>,
    is_over: Cell<bool>,
    /// The last number that somebody has published.
    number: Cell<u64>,
    spans: RefCell<Histogram<u64>>,
}

impl Course {
    async fn publish(&self, caller: &mut impl Caller, room: u32) -> Result<()> {
        let number = self.number.get() + 1;
        self.number.set(number);
        let began = now();
        caller.publish(room, number).await?;
        if self.is_measured.get() {
            let span = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.spans.borrow_mut().saturating_record(span);
        }
        Ok(())
    }
}

/// Has all of them publish for that time. Each begins in a room of its own, if there are so many, and goes
/// through all of them.
pub(super) async fn drive<C: Caller>(
    callers: Vec<C>,
    rooms: u32,
    time: Duration,
    watch: &Watch,
) -> Result<Driven> {
    let shape = Shape { rooms, callers: u32::try_from(callers.len())? };
    let course = Rc::new(Course {
        shape,
        is_measured: Cell::new(false),
        is_over: Cell::new(false),
        number: Cell::new(0),
        // Up to a minute: a clamped value would be a lie about the tail.
        spans: RefCell::new(Histogram::new_with_bounds(1, 60_000_000_000, 3)?),
    });
    let mut opening = JoinSet::new();
    for (first, mut caller) in (0..).zip(callers) {
        let course = course.clone();
        opening.spawn_local(async move {
            for room in (first..course.shape.rooms).step_by(course.shape.callers as usize) {
                course.publish(&mut caller, room).await?;
            }
            Ok::<_, Failure>((first, caller))
        });
    }
    let mut talking = JoinSet::new();
    while let Some(opened) = opening.join_next().await {
        let ((first, mut caller), course) = (opened??, course.clone());
        talking.spawn_local(async move {
            let mut room = first;
            while !course.is_over.get() {
                course.publish(&mut caller, room % course.shape.rooms).await?;
                room = (room + course.shape.callers) % course.shape.rooms;
            }
            Ok::<_, Failure>(())
        });
    }
    sleep(WARM_UP).await;
    let (before, began) = (watch.read()?, now());
    course.is_measured.set(true);
    sleep(time).await;
    course.is_measured.set(false);
    let (elapsed, spent) = (began.elapsed(), watch.read()?.since(&before));
    course.is_over.set(true);
    while let Some(ended) = talking.join_next().await {
        ended??;
    }
    let spans = course.spans.borrow().clone();
    Ok(Driven { elapsed, spans, spent })
}

impl Driven {
    pub(super) fn per_second(&self) -> f64 {
        self.spans.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// A quantile of what an acknowledgement took, in µs.
    pub(super) fn at(&self, quantile: f64) -> f64 {
        self.spans.value_at_quantile(quantile) as f64 / 1e3
    }

    /// What was spent on each publication.
    pub(super) fn each(&self, spent: impl Fn(&Reading) -> Option<f64>) -> Option<f64> {
        spent(&self.spent).map(|spent| spent / self.spans.len().max(1) as f64)
    }

    /// What was spent in each second.
    pub(super) fn in_a_second(&self, spent: impl Fn(&Reading) -> Option<f64>) -> Option<f64> {
        spent(&self.spent).map(|spent| spent / self.elapsed.as_secs_f64())
    }
}
