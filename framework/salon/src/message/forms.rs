//! The forms of one publication: one for each codec that its recipients' connections have.
//!
//! It must never make one twice.

use std::sync::OnceLock;

use super::{CodecId, Form};

/// The forms that were made so far. Nearly always that is one, or none yet: it is in place, and the
/// others are in a list behind it.
#[derive(Default)]
pub(super) struct Forms(OnceLock<Made>);

struct Made {
    by: CodecId,
    form: Form,
    next: OnceLock<Box<Made>>,
}

impl Made {
    fn new(by: CodecId, form: Form) -> Self {
        Self { by, form, next: OnceLock::new() }
    }
}

impl Forms {
    /// The form by that codec; it is made if nobody has asked for it before. Who asks for the same at
    /// that moment waits for it.
    #[inline]
    pub(super) fn get_or_make(&self, by: CodecId, make: impl Fn() -> Form) -> &Form {
        match self.0.get() {
            Some(made) if made.by == by => &made.form,
            _ => self.find_or_make(by, make),
        }
    }

    fn find_or_make(&self, by: CodecId, make: impl Fn() -> Form) -> &Form {
        let mut made = self.0.get_or_init(|| Made::new(by, make()));
        // Whoever finds another's at the end of the list has made none, and goes on behind it.
        while made.by != by {
            made = made.next.get_or_init(|| Box::new(Made::new(by, make())));
        }
        &made.form
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use super::*;
    use crate::{message::Layer, wire::engine_io::Message};

    #[test]
    fn each_codec_makes_its_form_once_whoever_asks_and_gets_its_own() {
        let ids = [CodecId::SocketIo, CodecId::RawOverEngineIo, CodecId::RawPlain];
        let forms = Forms::default();
        let made = [const { AtomicUsize::new(0) }; 3];
        thread::scope(|scope| {
            for asker in 0..12 {
                let (forms, made) = (&forms, &made);
                scope.spawn(move || {
                    for turn in 0..3 {
                        let which = (asker + turn) % 3;
                        let form = forms.get_or_make(ids[which], || {
                            made[which].fetch_add(1, Ordering::Relaxed);
                            let message = Message::Text("x".repeat(which).into());
                            Form::of_message(message, Layer::Plain)
                        });
                        assert_eq!(form.cost(), which);
                    }
                });
            }
        });
        assert_eq!(made.map(AtomicUsize::into_inner), [1; 3]);
    }
}
