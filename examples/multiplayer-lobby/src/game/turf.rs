//! The board of a match, and whose turf each cell is.
//!
//! It must never know a connection, a room or a clock: these are the rules, and nothing else.

use salon::Refusals;

/// Cells in a row.
pub(super) const WIDTH: usize = 12;
/// Rows.
const HEIGHT: usize = 8;

/// Where players begin: two are far apart, and so are eight.
const STARTS: [usize; 8] = [
    0,
    WIDTH * HEIGHT - 1,
    WIDTH - 1,
    WIDTH * (HEIGHT - 1),
    WIDTH * 4 + WIDTH - 1,
    WIDTH * 3,
    6,
    WIDTH * (HEIGHT - 1) + 5,
];

/// Whose each cell is, row by row.
#[derive(Debug)]
pub(super) struct Turf {
    cells: [Option<usize>; WIDTH * HEIGHT],
}

/// Why somebody does not get a cell.
#[derive(Debug, PartialEq, Refusals)]
pub(crate) enum NotYours {
    #[refusal("watching", "You are watching this match.")]
    Watching,
    #[refusal("not_found", "There is no such cell.")]
    NoCell,
    #[refusal("taken", "That cell is yours already.")]
    Own,
    #[refusal("taken", "Too late: somebody has that cell.")]
    Taken,
    #[refusal("too_far", "That cell does not touch your turf.")]
    TooFar,
}

impl Turf {
    /// With one cell for each of up to eight players.
    pub(super) fn new(players: usize) -> Self {
        let mut cells = [None; WIDTH * HEIGHT];
        for (player, start) in STARTS.into_iter().enumerate().take(players) {
            cells[start] = Some(player);
        }
        Self { cells }
    }

    /// As it was. What is missing is nobody's.
    pub(super) fn of(cells: impl IntoIterator<Item = Option<usize>>) -> Self {
        let mut turf = Self { cells: [None; WIDTH * HEIGHT] };
        for (cell, was) in turf.cells.iter_mut().zip(cells) {
            *cell = was;
        }
        turf
    }

    pub(super) fn cells(&self) -> &[Option<usize>] {
        &self.cells
    }

    pub(super) fn cells_of(&self, player: usize) -> usize {
        self.cells.iter().filter(|cell| **cell == Some(player)).count()
    }

    /// Gives a free cell to a player, one of whose cells it touches.
    pub(super) fn claim(&mut self, cell: usize, player: usize) -> Result<(), NotYours> {
        match self.cells.get(cell) {
            None => return Err(NotYours::NoCell),
            Some(Some(by)) if *by == player => {
                return Err(NotYours::Own);
            }
            Some(Some(_)) => {
                return Err(NotYours::Taken);
            }
            Some(None) => {}
        }
        if neighbours(cell).all(|other| self.cells[other] != Some(player)) {
            return Err(NotYours::TooFar);
        }
        self.cells[cell] = Some(player);
        Ok(())
    }

    /// Whether no free cell touches anybody's turf.
    pub(super) fn is_stuck(&self) -> bool {
        let is_free = |cell: &usize| self.cells[*cell].is_none();
        let touches = |cell: usize| neighbours(cell).any(|other| self.cells[other].is_some());
        !(0..self.cells.len()).filter(is_free).any(touches)
    }
}

/// The cells that touch a cell with a side.
fn neighbours(cell: usize) -> impl Iterator<Item = usize> {
    let (column, row) = (cell % WIDTH, cell / WIDTH);
    let left = (column > 0).then(|| cell - 1);
    let right = (column + 1 < WIDTH).then(|| cell + 1);
    let above = (row > 0).then(|| cell - WIDTH);
    let below = (row + 1 < HEIGHT).then(|| cell + WIDTH);
    [left, right, above, below].into_iter().flatten()
}
