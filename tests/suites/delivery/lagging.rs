//! Members who cannot take what is sent now: they get it later, and cost a number meanwhile.
