//! Four workers, 200 members in 20 arenas who talk, refresh and are revoked at random, over real
//! sockets: nobody hears what it has no right to, and nobody else misses anything.
//!
//! It takes 3 seconds, or as many as `SALON_STRESS_SECONDS` says. It must never judge by time: how
//! fast a machine is decides how much is tried, and nothing else.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use salon::Salon;
use salon_tests::{Result, in_process::InProcess};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use crate::{
    app::{Marker, Published, Stage, Taken, Whose},
    common::{Common, Order, Session},
    member::Member,
};

const WORKERS: usize = 4;
const MEMBERS: usize = 200;
const ARENAS: u32 = 20;
const REVOKERS: usize = 4;

/// When a test that hangs is given up. What is missing is told long before, by whom it is missing.
const PATIENCE: Duration = Duration::from_secs(600);

/// Who is revoked more often than others, so that it happens while it comes back.
const HOT: usize = 10;

fn seconds() -> u64 {
    let seconds = std::env::var("SALON_STRESS_SECONDS").ok();
    seconds.map_or(3, |seconds| seconds.parse().expect("SALON_STRESS_SECONDS is a number"))
}

fn seed() -> u64 {
    let seed = std::env::var("SALON_SEED").ok().and_then(|seed| seed.parse().ok());
    seed.unwrap_or_else(|| fastrand::u64(..1_000_000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it keeps two cores busy for as long as it is told to; tests/README.md has the command"]
async fn nothing_of_a_room_comes_after_its_revocation_and_nobody_else_misses_anything() -> Result<()>
{
    let (seconds, seed) = (seconds(), seed());
    let heartbeat = Duration::from_secs(300);
    let stage = Stage::new(ARENAS, |builder| builder.heartbeat(heartbeat, heartbeat))?;
    let server = InProcess::start(&stage.salon, WORKERS)?;
    let mut random = fastrand::Rng::with_seed(seed);
    let common = Arc::new(Common {
        address: server.address(),
        published: stage.published.clone(),
        over: false.into(),
        quiet: 0.into(),
        members: MEMBERS,
        heard: 0.into(),
        joins: 0.into(),
        refreshes: 0.into(),
        connects: 0.into(),
        frames: 0.into(),
    });
    let mut members = JoinSet::new();
    let mut lines = Vec::new();
    for number in 0..MEMBERS {
        let first = number as u32 % ARENAS;
        let arenas = [first, (first + 7) % ARENAS];
        let name = format!("member {number}");
        let member = Member::connect(common.clone(), name, arenas, random.fork()).await?;
        let (line, orders) = mpsc::unbounded_channel();
        lines.push(line);
        members.spawn(member.run(orders));
    }
    let lines = Arc::new(lines);
    let mut revokers = JoinSet::new();
    for _ in 0..REVOKERS {
        let (salon, published) = (stage.salon.clone(), stage.published.clone());
        let (lines, random) = (lines.clone(), random.fork());
        revokers.spawn(Revoker { salon, published, lines, random }.run(common.clone()));
    }
    let mut outcome = Ok(());
    let time = async {
        if let Some(member) = members.join_next().await {
            member??;
        }
        Err("a member was done before the end".into())
    };
    if let Ok(early) = tokio::time::timeout(Duration::from_secs(seconds), time).await {
        outcome = early;
    }
    common.over.store(true, Ordering::SeqCst);
    let mut done = Done::default();
    while let Some(revoker) = revokers.join_next().await {
        match revoker? {
            Ok(more) => done.add(&more),
            Err(mistake) => outcome = outcome.and(Err(mistake)),
        }
    }
    outcome.map_err(|mistake| format!("seed {seed}: {mistake}"))?;
    let rest = async {
        while let Some(member) = members.join_next().await {
            member??;
        }
        Ok::<_, salon_tests::Failure>(())
    };
    tokio::time::timeout(PATIENCE, rest)
        .await
        .map_err(|_| format!("seed {seed}: somebody neither goes on nor says why"))?
        .map_err(|mistake| format!("seed {seed}: {mistake}"))?;
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "{seconds} s, seed {seed}: {} revocations of one arena, {} of a permission, {} of \
         everything ({} memberships lost), {} joins, {} refreshes, {} sessions anew; {} broadcasts, \
         {} frames heard",
        done.arenas,
        done.permissions,
        done.everything,
        done.lost,
        count(&common.joins),
        count(&common.refreshes),
        count(&common.connects),
        stage.published.all().iter().sum::<u64>(),
        count(&common.frames),
    );
    assert!(done.arenas > 0 && done.permissions > 0 && done.everything > 0, "nothing was tried");
    Ok(())
}

/// Who takes rights away, from a thread that is none of the server's.
struct Revoker {
    salon: Salon,
    published: Published,
    lines: Arc<Vec<mpsc::UnboundedSender<Order>>>,
    random: fastrand::Rng,
}

/// What was revoked.
#[derive(Default)]
struct Done {
    arenas: u64,
    permissions: u64,
    everything: u64,
    lost: usize,
}

impl Done {
    fn add(&mut self, other: &Self) {
        self.arenas += other.arenas;
        self.permissions += other.permissions;
        self.everything += other.everything;
        self.lost += other.lost;
    }
}

impl Revoker {
    async fn run(mut self, common: Arc<Common>) -> Result<Done> {
        let mut done = Done::default();
        while !common.over.load(Ordering::SeqCst) {
            let member = if self.random.bool() {
                self.random.usize(..HOT)
            } else {
                self.random.usize(..MEMBERS)
            };
            let first = member as u32 % ARENAS;
            let taken = match self.random.u8(..10) {
                0..6 => Taken::Arena([first, (first + 7) % ARENAS][self.random.usize(..2)]),
                6..8 => Taken::Permission,
                _ => Taken::Everything,
            };
            if let Some(lost) = self.revoke(member, &taken).await? {
                done.lost += lost;
                match taken {
                    Taken::Arena(_) => done.arenas += 1,
                    Taken::Permission => done.permissions += 1,
                    Taken::Everything => done.everything += 1,
                }
            }
            // So that members are in most of the time, and there is something to lose.
            let pause = Duration::from_millis(self.random.u64(..10));
            tokio::time::sleep(pause).await;
        }
        Ok(done)
    }

    /// Revokes something from a member, if it can tell what comes of it; how many memberships that
    /// was.
    async fn revoke(&mut self, member: usize, taken: &Taken) -> Result<Option<usize>> {
        let (reply, ready) = oneshot::channel();
        let line = &self.lines[member];
        // A member that is gone has failed, and says why itself.
        let _ = line.send(Order::Expect(taken.clone(), reply));
        let Ok(Some(Session { id, name, token })) = ready.await else { return Ok(None) };
        let sockets = self.salon.namespace("/").to(id.clone()).fetch().await;
        let whose = match self.random.u8(..3) {
            0 => Whose::Session(id),
            1 => Whose::User(name),
            _ => Whose::Token(token),
        };
        let revoked = self.salon.revoke(whose.who(), taken.what()).await;
        let last = self.published.all();
        let marker = Marker { lost: revoked.memberships, last: last.clone() };
        for socket in sockets {
            if socket.try_emit(&marker).is_ok()
                && revoked.sessions > 0
                && *taken == Taken::Everything
            {
                return Err(format!("something was queued behind the farewell of {whose:?}").into());
            }
        }
        if *taken == Taken::Everything {
            let _ = line.send(Order::Resolved { found: revoked.sessions > 0, last });
        }
        Ok(Some(revoked.memberships))
    }
}
