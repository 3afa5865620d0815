//! A field of an event, as an option names it.
//!
//! It must never say what the field is for: that is for whoever asks for it.

use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Lit, Member, Result, Token, ext::IdentExt, token,
};

use crate::{
    diagnostics::{list, mistake},
    suggestion::did_you_mean,
};

/// The field as it is declared, at the place where the attribute names it.
pub(super) fn find(input: &DeriveInput, written: &Member) -> Result<Member> {
    let fields = fields(input);
    let (ident, wanted) = (&input.ident, name(written));
    let names: Vec<String> = fields.iter().map(name).collect();
    match fields.into_iter().find(|field| name(field) == wanted) {
        Some(Member::Named(mut field)) => {
            field.set_span(span(written));
            Ok(Member::Named(field))
        }
        Some(Member::Unnamed(_)) => Ok(written.clone()),
        None => {
            let has = match names.as_slice() {
                [] if matches!(input.data, Data::Enum(_)) => {
                    "an enum has none; make it a struct".to_owned()
                }
                [] => format!("`{ident}` has no fields"),
                [only] => format!("`{ident}` has the field `{only}`"),
                several => format!("`{ident}` has the fields {}", list(several)),
            };
            Err(mistake(
                written,
                format_args!("`{ident}` has no field `{wanted}`"),
                format_args!("{}{has}", did_you_mean(&wanted, &names)),
            ))
        }
    }
}

/// The fields of a struct. What is wrong with a union is reported as such; here it is as good as one.
pub(super) fn fields(input: &DeriveInput) -> Vec<Member> {
    match &input.data {
        Data::Struct(data) => data.fields.members().collect(),
        Data::Enum(_) => Vec::new(),
        Data::Union(data) => {
            let names = data.fields.named.iter().flat_map(|field| field.ident.clone());
            names.map(Member::Named).collect()
        }
    }
}

/// The name of a field, or its index.
pub(super) fn name(member: &Member) -> String {
    match member {
        Member::Named(ident) => ident.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// What serde calls a field where it is read: by the field's own attribute, or as it is.
pub(super) fn called(input: &DeriveInput, member: &Member) -> String {
    let wanted = name(member);
    let Data::Struct(data) = &input.data else { return wanted };
    let field = data.fields.iter().zip(data.fields.members()).find(|(_, it)| name(it) == wanted);
    let renamed = field.and_then(|(field, _)| {
        let serde = field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde"));
        serde.filter_map(renamed).next_back()
    });
    renamed.unwrap_or(wanted)
}

/// The name in `#[serde(rename = "…")]` or `#[serde(rename(deserialize = "…"))]`. What is wrong with it serde says.
fn renamed(serde: &Attribute) -> Option<String> {
    let mut renamed = None;
    // What stops this stops serde as well.
    let _ = serde.parse_nested_meta(|meta| {
        let is_rename = meta.path.is_ident("rename");
        if meta.input.peek(Token![=]) {
            let value: Expr = meta.value()?.parse()?;
            renamed = text(&value).filter(|_| is_rename).or(renamed.take());
        } else if meta.input.peek(token::Paren) {
            meta.parse_nested_meta(|inner| {
                let is_read = inner.path.is_ident("deserialize");
                let value: Expr = inner.value()?.parse()?;
                renamed = text(&value).filter(|_| is_rename && is_read).or(renamed.take());
                Ok(())
            })?;
        }
        Ok(())
    });
    renamed
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn span(member: &Member) -> proc_macro2::Span {
    match member {
        Member::Named(ident) => ident.span(),
        Member::Unnamed(index) => index.span,
    }
}
