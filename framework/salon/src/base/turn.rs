//! Turns: how much an actor may do before the others of its worker have theirs, and what becomes of
//! one that dies.
//!
//! actix handles whatever is ready before it lets go of the thread. So an actor that gives itself work
//! which is ready at once would keep its whole worker to itself, liveness and shutdown included. It
//! must never be left to the application's code to wait.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context as TaskContext, Poll},
};

use actix::{
    Actor, ActorFutureExt, Addr, AsyncContext, Context, dev::ContextFut, fut::wrap_future,
};

use super::contained::contain;

/// What actix gives a mailbox. It bounds nothing here, since actors are sent to without waiting: what a
/// link hands over before it waits is bounded, and the events in flight of each connection.
pub(crate) const MAILBOX: usize = 16;

/// Pieces of work in one turn. Small enough that others wait for milliseconds even where each piece
/// takes a tenth of one; large enough that a busy room does not notice.
const SHARE: u32 = 32;

/// How many turns in a row an actor spends on nothing but its own work until it counts as greedy.
const GREEDY: u32 = 64;

/// How far the turn of the actor is that runs on this thread.
#[derive(Clone, Copy)]
struct Turn {
    /// Pieces of work that it may still do; more than there can be outside of any turn.
    left: u32,
    /// Pieces of this turn that somebody else gave it.
    given: u32,
    /// Turns before this one in a row that it spent on its own work.
    row: u32,
    /// Whether it is being dropped after a panic that nothing contained.
    lost: bool,
}

const NONE: Turn = Turn { left: u32::MAX, given: 0, row: 0, lost: false };

thread_local! {
    static TURN: Cell<Turn> = const { Cell::new(NONE) };
}

/// At a thread's end actors may outlive thread-locals; no turn is counted then.
fn turn() -> Turn {
    TURN.try_with(Cell::get).unwrap_or(NONE)
}

fn set(turn: Turn) {
    let _ = TURN.try_with(|current| current.set(turn));
}

/// What an actor does about its turns.
pub(crate) trait TakesTurns: Actor<Context = Context<Self>> {
    /// It has had its whole share for a number of turns in a row, of work that nobody gave it.
    fn is_greedy(&self, turns: u32);

    /// It goes on, after the others had their turn.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        let _ = ctx;
    }
}

/// Starts an actor on this worker that takes turns with the others.
pub(crate) fn start<A: TakesTurns>(ctx: Context<A>, actor: A) -> Addr<A> {
    let actor = ctx.into_future(actor);
    let address = actor.address();
    actix::spawn(Turns(Some(actor)));
    address
}

/// The task of an actor.
struct Turns<A: TakesTurns>(Option<ContextFut<A, Context<A>>>);

// Nothing in it is pinned.
impl<A: TakesTurns> Unpin for Turns<A> {}

impl<A: TakesTurns> Future for Turns<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let Some(actor) = &mut self.0 else { return Poll::Ready(()) };
        let _turn = Begun::with(Turn { left: SHARE, ..NONE });
        let Ok(polled) = contain(|| Pin::new(actor).poll(cx)) else {
            let _lost = Begun::with(Turn { lost: true, ..NONE });
            let actor = self.0.take();
            // What it does about its end is in its own `Drop`.
            let _ = contain(|| drop(actor));
            return Poll::Ready(());
        };
        polled
    }
}

/// A turn that ends with this, also when code panics.
struct Begun(Turn);

impl Begun {
    fn with(new: Turn) -> Self {
        let before = turn();
        set(new);
        Self(before)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        set(self.0);
    }
}

/// Whether the actor that is being dropped has died of a panic that nothing contained.
pub(crate) fn is_lost() -> bool {
    turn().lost
}

/// Whether the running actor has had its share: what is left is for its next turn.
pub(crate) fn is_spent() -> bool {
    turn().left == 0
}

/// What the running actor does now was given to it by somebody else.
pub(crate) fn is_given() {
    let turn = turn();
    set(Turn { given: turn.given + 1, ..turn });
}

/// The running actor has done a piece of work. With the last of its share it lets the others of its
/// worker go first: it handles nothing until they had their turn.
pub(crate) fn spend<A: TakesTurns>(ctx: &mut Context<A>) {
    let turn = turn();
    match turn.left {
        // Outside of any turn, or it waits already.
        u32::MAX | 0 => {}
        1 => end(ctx),
        left => set(Turn { left: left - 1, ..turn }),
    }
}

/// The running actor does no more in this turn.
pub(crate) fn end<A: TakesTurns>(ctx: &mut Context<A>) {
    let turn = turn();
    if turn.left == 0 {
        return;
    }
    set(Turn { left: 0, ..turn });
    // Mostly its own: one that is only busy with what others want of it is not greedy.
    let row = if turn.given * 2 < SHARE { turn.row + 1 } else { 0 };
    // tokio's own: what it wakes is what the driver of the sockets has been looked at before.
    let yielded = wrap_future::<_, A>(tokio::task::yield_now());
    ctx.wait(yielded.map(move |(), actor, ctx| {
        set(Turn { row, ..self::turn() });
        if row != 0 && row % GREEDY == 0 {
            actor.is_greedy(row);
        }
        actor.go_on(ctx);
    }));
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use actix::{Handler, Message};
    use tokio::task::{LocalSet, yield_now};

    use super::*;

    /// Sends itself a message for each that it handles.
    struct Own {
        handled: Rc<Cell<u32>>,
        greedy: Rc<RefCell<Vec<u32>>>,
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Again {
        is_given: bool,
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Panic;

    impl Actor for Own {
        type Context = Context<Self>;
    }

    impl TakesTurns for Own {
        fn is_greedy(&self, turns: u32) {
            self.greedy.borrow_mut().push(turns);
        }
    }

    impl Handler<Again> for Own {
        type Result = ();

        fn handle(&mut self, again: Again, ctx: &mut Context<Self>) {
            if again.is_given {
                is_given();
            }
            self.handled.set(self.handled.get() + 1);
            ctx.address().do_send(again);
            spend(ctx);
        }
    }

    impl Handler<Panic> for Own {
        type Result = ();

        fn handle(&mut self, _: Panic, _: &mut Context<Self>) {
            panic!("nothing contains this");
        }
    }

    impl Drop for Own {
        fn drop(&mut self) {
            if is_lost() {
                self.greedy.borrow_mut().push(u32::MAX);
            }
        }
    }

    /// How much an actor has handled and when it was found greedy, after so many looks of another
    /// task.
    async fn after_looks(is_given: bool, looks: u32) -> (u32, Vec<u32>) {
        let (handled, greedy) = (Rc::new(Cell::new(0)), Rc::default());
        let own = Own { handled: handled.clone(), greedy: Rc::clone(&greedy) };
        let address = start(Context::new(), own);
        address.do_send(Again { is_given });
        for _ in 0..looks {
            yield_now().await;
        }
        let greedy = greedy.borrow().clone();
        (handled.get(), greedy)
    }

    #[tokio::test]
    async fn an_actor_that_gives_itself_work_without_end_lets_others_run_and_is_named() {
        let looks = 3 * GREEDY;
        let (handled, greedy) = LocalSet::new().run_until(after_looks(false, looks)).await;
        assert!((SHARE..=(looks + 1) * SHARE).contains(&handled), "{handled}");
        assert_eq!(greedy[..2], [GREEDY, 2 * GREEDY]);
    }

    #[tokio::test]
    async fn one_that_others_give_work_lets_others_run_and_is_not_greedy() {
        let (handled, greedy) = LocalSet::new().run_until(after_looks(true, 3 * GREEDY)).await;
        assert!(handled >= SHARE);
        assert!(greedy.is_empty(), "{greedy:?}");
    }

    #[tokio::test]
    async fn an_actor_that_dies_knows_so_when_it_is_dropped() {
        let greedy = Rc::<RefCell<Vec<u32>>>::default();
        let own = Own { handled: Rc::default(), greedy: greedy.clone() };
        LocalSet::new()
            .run_until(async {
                let address = start(Context::new(), own);
                address.do_send(Panic);
                for _ in 0..4 {
                    yield_now().await;
                }
                assert!(!address.connected());
            })
            .await;
        assert_eq!(*greedy.borrow(), [u32::MAX]);
        assert!(!is_lost());
    }
}
